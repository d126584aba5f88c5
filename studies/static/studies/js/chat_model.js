// The talk as this page knows it. Pure: frames in, state out; what is drawn from it is chat_log.js.

const IN_FLIGHT = new Set(["queued", "streaming"]);

export function emptyTalk() {
  return { messages: [], epoch: 0, assistant: null, messagesLeft: null, maxChars: null, canReset: false, canStop: false };
}

export function fromSnapshot(talk, chat) {
  return {
    messages: chat.messages.map((message) => keepLonger(find(talk, message.id), message)).sort(byPlace),
    epoch: chat.epoch,
    assistant: chat.assistant,
    messagesLeft: chat.messages_left,
    maxChars: chat.max_chars,
    canReset: chat.can_reset,
    canStop: chat.can_stop,
  };
}

export function withMessage(talk, message) {
  const known = find(talk, message.id);
  const others = talk.messages.filter((one) => one.id !== message.id);
  const said = message.role === "participant" && !known && talk.messagesLeft !== null ? 1 : 0;
  return {
    ...talk,
    messages: [...others, keepLonger(known, message)].sort(byPlace),
    messagesLeft: talk.messagesLeft === null ? null : Math.max(0, talk.messagesLeft - said),
    canReset: talk.canReset || said > 0,
  };
}

// A piece that was read already changes nothing; one after a gap gives null: the caller asks for a snapshot.
export function withDelta(talk, { id, at, text }) {
  const known = find(talk, id);
  if (!known || at > known.text.length) return null;
  const longer = known.text.slice(0, at) + text;
  if (longer.length <= known.text.length || !IN_FLIGHT.has(known.status)) return talk;
  const message = { ...known, status: "streaming", text: longer };
  return { ...talk, messages: talk.messages.map((one) => (one.id === id ? message : one)) };
}

export function replyInFlight(talk) {
  return talk.messages.find((one) => one.role === "assistant" && IN_FLIGHT.has(one.status)) || null;
}

// The one reply that may be asked for again: the last of all, cut off, not yet forgotten.
export function retryable(talk) {
  const last = talk.messages[talk.messages.length - 1];
  const cutOff = last && last.role === "assistant" && ["interrupted", "failed"].includes(last.status);
  return cutOff && last.epoch === talk.epoch ? last : null;
}

function find(talk, id) {
  return talk.messages.find((one) => one.id === id);
}

function keepLonger(known, message) {
  const behind = known && IN_FLIGHT.has(message.status) && known.text.length > message.text.length;
  return behind ? { ...message, status: known.status, text: known.text, html: known.html } : message;
}

function byPlace(one, other) {
  const role = (message) => (message.role === "participant" ? 0 : 1);
  return one.turn - other.turn || role(one) - role(other) || one.attempt - other.attempt;
}
