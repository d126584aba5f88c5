// The chat pane of a trial: joins the connection, the talk, the log and the message box.
// startChat({ root, config, socket }): config = { trial, chat (a snapshot) }; env: what it takes of the browser

import { emptyTalk, fromSnapshot, replyInFlight, retryable, withDelta, withMessage } from "./chat_model.js";
import { startLog } from "./chat_log.js";
import { randomId, startOutbox } from "./outbox.js";

const DRAFT_MS = 800;
const FEW_LEFT = 5;

export function startChat({ root, config, socket, env = browser() }) {
  const part = (name) => root.querySelector(`[data-chat-${name}]`);
  const [form, box, send, stop, reset] = ["form", "box", "send", "stop", "reset"].map(part);
  const [status, notice, left] = ["status", "notice", "left"].map(part);
  const trial = config.trial;
  const outbox = startOutbox({ trial, storage: env.storage, newId: env.newId });
  const log = startLog({ root: part("log"), announcer: part("announcer"), onRetry: retry, doc: env.doc });
  let talk = emptyTalk();
  let over = false;
  let draftTimer = null;

  function show(next, { announce = true } = {}) {
    talk = next;
    talk.messages.forEach((message) => message.client_id && outbox.remove(message.client_id));
    const pending = outbox.pending.map((message) => pendingMessage(message, talk.epoch));
    log.draw(talk, { pending, retry: over ? null : retryable(talk), announce });
    controls();
  }

  function controls() {
    const writing = replyInFlight(talk);
    const waits = Boolean(writing) || outbox.pending.length > 0;
    const spent = talk.messagesLeft === 0;
    root.dataset.state = over ? "over" : waits ? "waiting" : socket.state;
    send.disabled = waits || over || spent || socket.state === "gone";
    box.disabled = over;
    stop.classList.toggle("chat-away", !(writing && talk.canStop) || over);
    reset.disabled = over || !talk.canReset;
    const words = statusWords({ state: socket.state, writing, over, waits, name: talk.assistant?.name });
    if (status.textContent !== words) status.textContent = words;
    left.textContent = leftWords(talk.messagesLeft);
  }

  function submit() {
    const text = box.value;
    if (send.disabled || !text.trim()) return;
    if (talk.maxChars !== null && [...text].length > talk.maxChars) {
      say(`That is ${[...text].length} characters; a message may have ${talk.maxChars}. Please shorten it.`);
      return;
    }
    say("");
    setBox("");
    transmit(outbox.add(text));
    show(talk);
  }

  // What was typed before this script had come stays, and what was said by then is sent (early.js).
  function takeOver() {
    const { said } = box.dataset;
    const typed = box.value;
    if (typed) keepDraft();
    else box.value = outbox.text ?? config.chat?.draft ?? "";
    if (said === undefined) return;
    const first = typed.startsWith(said) ? said : typed;
    box.value = first;
    submit();
    setBox(box.value + typed.slice(first.length));
  }

  function transmit(message) {
    socket.send({ type: "message", trial, id: message.id, text: message.text });
  }

  function retry(id) {
    say("");
    socket.send({ type: "retry", trial, message: id });
  }

  function setBox(text) {
    box.value = text;
    outbox.text = text;
    env.clearTimeout(draftTimer);
  }

  function keepDraft() {
    outbox.text = box.value;
    env.clearTimeout(draftTimer);
    draftTimer = env.setTimeout(() => socket.send({ type: "draft", trial, chat_text: box.value }), DRAFT_MS);
  }

  function say(words) {
    notice.textContent = words;
    notice.hidden = !words;
  }

  function refused(frame) {
    const message = frame.id && outbox.remove(frame.id);
    if (message) setBox(box.value ? `${message.text}\n${box.value}` : message.text);
    if (message || frame.code !== "reply_in_flight") say(frame.text);
    show(talk);
  }

  function reconnected(state) {
    if (state === "open" || state === "polling") outbox.pending.forEach(transmit);
    controls();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("input", keepDraft);
  stop.addEventListener("click", () => socket.send({ type: "stop", trial }));
  reset.addEventListener("click", () => socket.send({ type: "reset", trial }));

  socket.on("snapshot", (frame) => frame.chat && show(fromSnapshot(talk, frame.chat)));
  socket.on("message", (frame) => show(withMessage(talk, frame.message)));
  socket.on("final", (frame) => show(withMessage(talk, frame.message)));
  socket.on("delta", (frame) => {
    const next = withDelta(talk, frame);
    if (next) show(next);
    else socket.send({ type: "hello", trial });
  });
  socket.on("refused", refused);
  socket.on("closed", () => {
    over = true;
    show(talk);
  });
  socket.on("state", reconnected);

  show(config.chat ? fromSnapshot(talk, config.chat) : talk, { announce: false });
  takeOver();
  return { get talk() { return talk; }, get pending() { return outbox.pending.length > 0; } }; // prettier-ignore
}

export function statusWords({ state, writing, over, waits, name = "The assistant" }) {
  if (over) return "The time for this question is over.";
  if (state === "gone") return "The chat is not available. Please reload the page.";
  if (state === "offline") return "You are offline. What you write is kept and sent when the connection is back.";
  if (state === "connecting") return "Connecting …";
  if (writing?.status === "streaming" && writing.text !== "") return `${name} is writing …`;
  if (writing) return `Waiting for ${name} …`;
  return waits ? "Sending …" : "";
}

export function leftWords(left) {
  if (left === null || left > FEW_LEFT) return "";
  if (left === 0) return "You have used all your messages for this question.";
  return left === 1 ? "1 message left" : `${left} messages left`;
}

function pendingMessage(message, epoch) {
  return { ...message, role: "participant", status: "pending", words: "Sending …", html: "", epoch, turn: Infinity };
}

function browser() {
  return {
    doc: document,
    storage: sessionStore(),
    newId: randomId,
    setTimeout: (...given) => window.setTimeout(...given),
    clearTimeout: (id) => window.clearTimeout(id),
  };
}

function sessionStore() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
