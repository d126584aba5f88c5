// Draws the talk. Only what changed is touched, so that a reply that streams in moves nothing else.

const STATUS_WORDS = {
  queued: "Waiting for the assistant …",
  streaming: "Writing …",
  stopped: "Stopped.",
  interrupted: "This reply was interrupted.",
  failed: "The assistant could not reply.",
  refused: "The assistant declined to go on.",
  capped: "This reply reached its length limit.",
};
const UNAVAILABLE = "The assistant is not available any more. Please go on without it.";
const NEAR_BOTTOM_PX = 60;

export function startLog({ root, announcer, onRetry, doc = document }) {
  const drawn = new Map();
  const announced = new Set();

  function draw(talk, { pending, retry, announce }) {
    const follows = root.scrollHeight - root.scrollTop - root.clientHeight < NEAR_BOTTOM_PX;
    const rows = lines(talk, pending);
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, element] of drawn) if (!wanted.has(key)) forget(key, element);
    rows.forEach((row, place) => put(row, place, talk, retry));
    if (announce) announceFinished(talk);
    else talk.messages.forEach((message) => announced.add(`${message.id}${message.status}`));
    if (follows) root.scrollTop = root.scrollHeight;
  }

  function put(row, place, talk, retry) {
    const element = drawn.get(row.key) || row.create();
    drawn.set(row.key, element);
    if (root.children[place] !== element) root.insertBefore(element, root.children[place] || null);
    if (row.message) fill(element, row.message, talk, retry);
  }

  function forget(key, element) {
    element.remove();
    drawn.delete(key);
  }

  function fill(element, message, talk, retry) {
    const name = message.role === "participant" ? "You" : talk.assistant?.name || "Assistant";
    element.classList.toggle("chat-forgotten", message.epoch < talk.epoch);
    element.dataset.status = message.status;
    setText(element.querySelector(".chat-who"), name);
    fillBody(element.querySelector(".chat-body"), message);
    const words = message.role === "assistant" ? noteOn(message) : message.words || "";
    setText(element.querySelector(".chat-note"), words);
    const button = element.querySelector(".chat-retry");
    if (button) button.hidden = retry?.id !== message.id;
  }

  function announceFinished(talk) {
    for (const message of talk.messages) {
      const key = `${message.id}${message.status}`;
      if (message.role !== "assistant" || ["queued", "streaming"].includes(message.status) || announced.has(key)) continue;
      announced.add(key);
      const end = message.status === "done" ? "" : ` ${noteOn(message)}`;
      announcer.textContent = `${talk.assistant?.name || "Assistant"}: ${message.text}${end}`;
    }
  }

  function lines(talk, pending) {
    const rows = [];
    let epoch = talk.messages[0]?.epoch ?? talk.epoch;
    const divide = (next) => {
      if (next > epoch) rows.push({ key: `reset-${next}`, create: () => divider(doc) });
      epoch = next;
    };
    for (const message of talk.messages) {
      divide(message.epoch);
      rows.push({ key: message.id, message, create: () => bubble(doc, message, onRetry) });
    }
    divide(talk.epoch);
    for (const message of pending) rows.push({ key: message.id, message, create: () => bubble(doc, message, onRetry) });
    return rows;
  }

  return { draw };
}

// A study that has spent what it may says so before the first word; a reply that is too long, after it.
// A model that has not said anything yet is waited for, whatever its service does meanwhile.
function noteOn(message) {
  if (message.status === "capped" && !message.text) return UNAVAILABLE;
  if (message.status === "streaming" && !message.text) return STATUS_WORDS.queued;
  return STATUS_WORDS[message.status] || "";
}

function bubble(doc, message, onRetry) {
  const element = make(doc, "div", `chat-message chat-${message.role}`);
  element.append(make(doc, "p", "chat-who"), make(doc, "div", "chat-body"), make(doc, "p", "chat-note"));
  if (message.role === "assistant") {
    const button = make(doc, "button", "chat-retry");
    button.type = "button";
    button.textContent = "Try again";
    button.hidden = true;
    button.addEventListener("click", () => onRetry(message.id));
    element.append(button);
  }
  return element;
}

function divider(doc) {
  const element = make(doc, "p", "chat-divider");
  element.textContent = "The assistant has forgotten everything above";
  return element;
}

// `html` has been cleaned by the server; until a reply is final its text is shown as text.
function fillBody(body, message) {
  const key = message.html ? `html${message.html}` : message.text;
  if (body.drawnFrom === key) return;
  body.drawnFrom = key;
  body.classList.toggle("chat-plain", !message.html);
  if (message.html) body.innerHTML = message.html;
  else body.textContent = message.text;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function make(doc, tag, className) {
  const element = doc.createElement(tag);
  element.className = className;
  return element;
}
