import assert from "node:assert/strict";
import test from "node:test";

import { startLog } from "../../studies/static/studies/js/chat_log.js";
import { emptyTalk, fromSnapshot, retryable, withDelta, withMessage } from "../../studies/static/studies/js/chat_model.js";
import { leftWords, startChat, statusWords } from "../../studies/static/studies/js/chat_pane.js";
import { randomId, startOutbox } from "../../studies/static/studies/js/outbox.js";
import { FakeElement, FakeTime, fakeDocument, fakeStorage } from "./fake_dom.js";

const message = (more) => ({ id: "m", client_id: "", turn: 1, role: "assistant", status: "streaming", attempt: 1, text: "", html: "", epoch: 0, ...more }); // prettier-ignore
const asked = message({ id: "q", client_id: "c1", role: "participant", status: "done", text: "Why?" });
const snapshot = (messages, more = {}) => ({
  messages, epoch: 0, assistant: { name: "Briar", colour: "blue" }, messages_left: 3, max_chars: 20, can_reset: true,
  can_stop: true, draft: "", ...more,
}); // prettier-ignore

test("pieces add up; a piece read already changes nothing; a gap asks for a snapshot", () => {
  let talk = withMessage(emptyTalk(), message({ text: "On" }));
  talk = withDelta(talk, { id: "m", at: 2, text: "e two" });
  assert.equal(talk.messages[0].text, "One two");
  assert.equal(withDelta(talk, { id: "m", at: 0, text: "One" }), talk);
  assert.equal(withDelta(talk, { id: "m", at: 9, text: "x" }), null);
  assert.equal(withDelta(talk, { id: "other", at: 0, text: "x" }), null);
});
test("a snapshot that is behind does not take text back", () => {
  const talk = withMessage(emptyTalk(), message({ text: "One two three" }));
  assert.equal(fromSnapshot(talk, snapshot([message({ text: "One" })])).messages[0].text, "One two three");
});
test("a late piece does not wake a final reply", () => {
  const talk = withMessage(emptyTalk(), message({ text: "One", status: "stopped" }));
  assert.equal(withDelta(talk, { id: "m", at: 3, text: " two" }).messages[0].text, "One");
});
test("only the last reply, cut off and not forgotten, may be asked for again", () => {
  const cut = message({ status: "interrupted" });
  const talk = fromSnapshot(emptyTalk(), snapshot([asked, cut]));
  assert.equal(retryable(talk).id, "m");
  assert.equal(retryable({ ...talk, epoch: 1 }), null);
  assert.equal(retryable(withMessage(talk, { ...asked, id: "q2", turn: 2 })), null);
});

test("unsent text and unconfirmed messages survive a reload", () => {
  const storage = fakeStorage();
  const before = startOutbox({ trial: "t", storage, newId: () => "c1" });
  before.text = "half a que";
  before.add("Why?");
  const after = startOutbox({ trial: "t", storage, newId: () => "c2" });
  assert.deepEqual([after.text, after.pending], ["half a que", [{ id: "c1", text: "Why?" }]]);
  assert.equal(after.remove("c1").text, "Why?");
  assert.equal(after.remove("c1"), null);
});
test("a broken store is an empty one", () => {
  const storage = { getItem: () => "{", setItem: () => { throw new Error("full"); } }; // prettier-ignore
  const outbox = startOutbox({ trial: "t", storage, newId: () => "c1" });
  outbox.text = "kept for now";
  assert.equal(outbox.text, "kept for now");
});
test("ids of messages are unlike", () => assert.notEqual(randomId(), randomId()));

function drawing() {
  const [root, announcer] = [new FakeElement(), new FakeElement()];
  const log = startLog({ root, announcer, onRetry: () => {}, doc: fakeDocument() });
  const draw = (talk, more = {}) => log.draw(talk, { pending: [], retry: null, announce: true, ...more });
  return { root, announcer, draw };
}

test("a growing reply keeps its element and is announced when it is final", () => {
  const { root, announcer, draw } = drawing();
  let talk = fromSnapshot(emptyTalk(), snapshot([asked, message({ text: "One" })]));
  draw(talk);
  const element = root.children[1];
  talk = withDelta(talk, { id: "m", at: 3, text: " two" });
  draw(talk);
  assert.equal(root.children[1], element);
  assert.equal(element.querySelector(".chat-body").textContent, "One two");
  assert.equal(announcer.textContent, "");
  draw(withMessage(talk, message({ text: "One two", status: "done", html: "<p>One two</p>" })));
  assert.equal(announcer.textContent, "Briar: One two");
});
test("text of an unfinished reply is shown as text, never as HTML", () => {
  const { root, draw } = drawing();
  draw(fromSnapshot(emptyTalk(), snapshot([message({ text: "<img src=x>" })])));
  const body = root.children[0].querySelector(".chat-body");
  assert.deepEqual([body.textContent, body.innerHTML], ["<img src=x>", undefined]);
});
test("what was forgotten is marked and divided", () => {
  const { root, draw } = drawing();
  draw(fromSnapshot(emptyTalk(), snapshot([asked], { epoch: 1 })));
  assert.equal(root.children[0].classList.contains("chat-forgotten"), true);
  assert.match(root.children[1].textContent, /forgotten/);
});

function chatting(chat = snapshot([]), storage = fakeStorage(), typed = "", said = undefined) {
  const time = new FakeTime();
  const parts = {};
  const root = new FakeElement();
  root.querySelector = (selector) => (parts[selector.match(/chat-(\w+)/)[1]] ??= new FakeElement());
  Object.assign(root.querySelector("[data-chat-box]"), { value: typed, dataset: { said } });
  const listeners = {};
  const socket = { state: "open", sent: [], send: (frame) => socket.sent.push(frame), on: (type, fn) => (listeners[type] = fn) };
  startChat({ root, config: { trial: "t", chat }, socket, env: { doc: fakeDocument(), storage, newId: () => "c1", ...time } });
  const submit = (text) => ((parts.box.value = text), parts.form.dispatch("submit"));
  return { parts, socket, time, submit, storage, frame: (one) => listeners[one.type](one), state: (now) => ((socket.state = now), listeners.state(now)) };
}

test("a message is sent once and waits for its confirmation", () => {
  const { parts, socket, submit, frame } = chatting();
  submit("Why?");
  submit("Again?");
  assert.deepEqual(socket.sent, [{ type: "message", trial: "t", id: "c1", text: "Why?" }]);
  frame({ type: "message", message: asked });
  assert.equal(parts.send.disabled, false);
});
test("what is refused goes back into the box, with the reason", () => {
  const { parts, submit, frame } = chatting();
  submit("Why?");
  frame({ type: "refused", id: "c1", code: "message_cap", text: "All used." });
  assert.deepEqual([parts.box.value, parts.notice.textContent], ["Why?", "All used."]);
});
test("an overlong text stays where it was typed", () => {
  const { parts, socket, submit } = chatting();
  submit("x".repeat(21));
  assert.deepEqual([parts.box.value.length, socket.sent.length], [21, 0]);
  assert.match(parts.notice.textContent, /21 characters/);
});
test("after a reconnect an unconfirmed message goes again under the same id", () => {
  const { socket, submit, state } = chatting();
  submit("Why?");
  state("offline");
  state("open");
  assert.deepEqual(socket.sent.map((one) => one.id), ["c1", "c1"]);
});
test("text typed before a reload wins over the server's draft; without it the draft is shown", () => {
  assert.equal(chatting(snapshot([], { draft: "old" })).parts.box.value, "old");
  const storage = fakeStorage({ "chat-t": '{"text":"new"}' });
  assert.equal(chatting(snapshot([], { draft: "old" }), storage).parts.box.value, "new");
});
test("what was typed before the script had come stays", () => {
  assert.equal(chatting(snapshot([]), fakeStorage(), "early").parts.box.value, "early");
});
test("what was said before the script had come is sent once; what was typed after it stays", () => {
  const { parts, socket, storage } = chatting(snapshot([]), fakeStorage(), "Why?And", "Why?");
  assert.deepEqual([socket.sent.map((one) => one.text), parts.box.value], [["Why?"], "And"]);
  assert.equal(JSON.parse(storage.kept["chat-t"]).text, "And");
});
test("what was said early and cannot be sent stays in the box, whole", () => {
  const mid = [asked, message({ id: "r" })];
  const { parts, socket } = chatting(snapshot(mid), fakeStorage(), "Why?And", "Why?");
  assert.deepEqual([socket.sent.length, parts.box.value], [0, "Why?And"]);
});
test("a gap in the text asks for a snapshot", () => {
  const { socket, frame } = chatting();
  frame({ type: "delta", id: "m", at: 5, text: "x" });
  assert.deepEqual(socket.sent, [{ type: "hello", trial: "t" }]);
});
test("when the time is over nothing can be sent", () => {
  const { parts, socket, submit, frame } = chatting();
  frame({ type: "closed" });
  submit("Why?");
  assert.deepEqual([socket.sent.length, parts.box.disabled], [0, true]);
});
test("every state has its words", () => {
  const say = (more) => statusWords({ state: "open", writing: null, over: false, waits: false, name: "Briar", ...more });
  assert.match(say({ state: "connecting" }), /Connecting/);
  assert.match(say({ state: "offline" }), /offline/);
  assert.match(say({ writing: { status: "queued" } }), /Waiting for Briar/);
  assert.match(say({ writing: { status: "streaming" } }), /Briar is writing/);
  assert.match(say({ over: true }), /over/);
  assert.match(say({ waits: true }), /Sending/);
  assert.equal(say({}), "");
  assert.deepEqual([6, 2, 1, 0].map(leftWords).map(Boolean), [false, true, true, true]);
});
