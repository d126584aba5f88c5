import assert from "node:assert/strict";
import test from "node:test";

import { startAnswerForm } from "../../studies/static/studies/js/answer_form.js";
import { startDrafts } from "../../studies/static/studies/js/drafts.js";
import { startSlider } from "../../studies/static/studies/js/slider.js";
import { FakeElement, FakeTime, settled } from "./fake_dom.js";

function answering() {
  const form = Object.assign(new FakeElement("form"), { elements: { expired: { value: "" } } });
  const seen = { sent: 0, said: "", reloads: 0, online: true, unsaid: false };
  const time = new FakeTime();
  form.requestSubmit = () => (seen.sent += form.dispatch("submit").defaultPrevented ? 0 : 1);
  const answer = startAnswerForm({
    form, button: new FakeElement("button"), say: (words) => (seen.said = words), announce: () => {},
    online: () => seen.online, reload: () => (seen.reloads += 1),
    unsaid: () => seen.unsaid, later: time.setTimeout,
  }); // prettier-ignore
  return { form, seen, answer, time };
}

test("a double click sends once", () => {
  const { form, seen } = answering();
  form.requestSubmit();
  form.requestSubmit();
  assert.equal(seen.sent, 1);
});
test("time that is up sends what is chosen, marked as expired", () => {
  const { form, seen, answer } = answering();
  answer.timeIsUp();
  assert.deepEqual([seen.sent, form.elements.expired.value], [1, "1"]);
});
test("an answer given offline waits, and goes when the connection is back", () => {
  const { form, seen, answer } = answering();
  seen.online = false;
  form.requestSubmit();
  assert.equal(seen.sent, 0);
  assert.match(seen.said, /offline/);
  seen.online = true;
  answer.goFree();
  answer.goFree();
  assert.equal(seen.sent, 1);
});
test("an answer waits for what was said before it, and not for ever", async () => {
  const { form, seen, answer } = answering();
  seen.unsaid = true;
  form.requestSubmit();
  assert.deepEqual([seen.sent, answer.waits], [0, true]);
  assert.match(seen.said, /message is sent first/);
  seen.unsaid = false;
  answer.goFree();
  assert.deepEqual([seen.sent, answer.waits], [1, false]);
  const stuck = answering();
  stuck.seen.unsaid = true;
  stuck.form.requestSubmit();
  await stuck.time.pass(4000);
  assert.equal(stuck.seen.sent, 1);
});
test("time that is up waits for no message", () => {
  const { seen, answer } = answering();
  seen.unsaid = true;
  answer.timeIsUp();
  assert.equal(seen.sent, 1);
});
test("time that is up offline goes on by itself later", () => {
  const { seen, answer } = answering();
  seen.online = false;
  answer.timeIsUp();
  answer.goFree();
  assert.deepEqual([seen.sent, seen.reloads], [0, 1]);
});
test("a closing from the server does not reload over a submission", () => {
  const { form, seen, answer } = answering();
  form.requestSubmit();
  answer.goOn();
  assert.equal(seen.reloads, 0);
});

function drafting({ sends = true, posts = true, choice = { answer: "", confidence: "" } } = {}) {
  const time = new FakeTime();
  const seen = { sent: [], posted: [], words: [], choice, sends, posts };
  const drafts = startDrafts({
    trial: "t", known: { answer: "", confidence: "" }, read: () => ({ ...seen.choice }), timers: time, saved: (words) => seen.words.push(words),
    send: (frame) => seen.sends && (seen.sent.push(frame), true),
    post: async (frame) => (seen.posted.push(frame), seen.posts),
  }); // prettier-ignore
  return { time, seen, drafts };
}

test("a change is kept soon, once, and shown as saved when confirmed", async () => {
  const { time, seen, drafts } = drafting();
  seen.choice = { answer: "B", confidence: "" };
  drafts.changed();
  drafts.changed();
  await time.pass(1000);
  assert.deepEqual(seen.sent, [{ type: "draft", trial: "t", answer: "B", confidence: "" }]);
  drafts.confirmed();
  assert.equal(seen.words.at(-1), "Saved");
});
test("a draft that a lost connection swallowed is sent again", async () => {
  const { time, seen, drafts } = drafting();
  seen.choice = { answer: "B", confidence: "" };
  drafts.changed();
  await time.pass(1000);
  drafts.again();
  drafts.confirmed();
  drafts.again();
  assert.equal(seen.sent.length, 2);
});
test("what was chosen before the script had come is kept too", async () => {
  const { time, seen } = drafting({ choice: { answer: "D", confidence: "" } });
  await time.pass(1000);
  assert.equal(seen.sent[0].answer, "D");
});
test("without a socket it is posted, and a failure is said", async () => {
  const { time, seen, drafts } = drafting({ sends: false, posts: false });
  seen.choice = { answer: "C", confidence: "" };
  drafts.changed();
  await time.pass(1000);
  assert.equal(seen.posted.length, 1);
  assert.match(seen.words.at(-1), /Not saved yet/);
});
test("a confirmed chat draft says nothing of the choice", () => {
  const { seen, drafts } = drafting();
  drafts.confirmed();
  assert.deepEqual(seen.words, []);
});
test("a page that goes away posts what is new", async () => {
  const { seen, drafts } = drafting();
  drafts.flush({ leaving: true });
  assert.equal(seen.posted.length, 0);
  seen.choice = { answer: "A", confidence: "60" };
  drafts.flush({ leaving: true });
  await settled();
  assert.equal(seen.posted.length, 1);
});

test("a slider sets nothing until it is touched; the place where it stands can be taken by key", () => {
  const [slider, output] = [new FakeElement("input"), new FakeElement("output")];
  const field = { value: "" };
  let changes = 0;
  slider.value = "50";
  startSlider({ slider, output, field, changed: () => (changes += 1) });
  assert.equal(field.value, "");
  slider.dispatch("keydown", { key: "ArrowLeft" });
  assert.equal(field.value, "");
  slider.dispatch("keydown", { key: "Enter" });
  assert.deepEqual([field.value, output.textContent, changes], ["50", "50%", 1]);
});
