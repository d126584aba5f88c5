import assert from "node:assert/strict";
import test from "node:test";

import { startPassage } from "../../studies/static/studies/js/passage.js";
import { connectionEvents, startTelemetry } from "../../studies/static/studies/js/telemetry.js";
import { FakeElement, FakeTarget, FakeTime, fakeStorage, settled } from "./fake_dom.js";

function watching({ sends = true } = {}) {
  const [doc, win, time] = [new FakeTarget(), new FakeTarget(), new FakeTime()];
  const seen = { sent: [], posted: [], sends, arrives: true };
  const passage = { nodeType: 1, closest: () => ({ dataset: { region: "passage" } }) };
  doc.getSelection = () => ({ anchorNode: { nodeType: 3, parentElement: passage }, toString: () => "secret words" });
  const telemetry = startTelemetry({
    doc, win, trial: "t", clock: { timeOrigin: 0, now: time.now }, every: () => {},
    send: (frame) => seen.sends && (seen.sent.push(frame), true),
    post: async (frame, leaving) => (seen.posted.push([frame, leaving]), seen.arrives),
  }); // prettier-ignore
  const events = () => (telemetry.flush(), seen.sent.flatMap((frame) => frame.events));
  return { doc, win, time, seen, telemetry, events };
}

test("copying tells region and length, never what", () => {
  const { doc, seen, events } = watching();
  doc.dispatch("copy");
  const [, event] = events();
  assert.deepEqual([event.kind, event.target, event.length], ["copy", "passage", 12]);
  assert.equal(JSON.stringify(seen.sent).includes("secret"), false);
});
test("a selection in a text box is measured there", () => {
  const { doc, events } = watching();
  const box = { nodeType: 1, selectionStart: 2, selectionEnd: 7, closest: () => ({ dataset: { region: "chat_input" } }) };
  doc.dispatch("cut", { target: box });
  doc.dispatch("paste", { target: box, clipboardData: { getData: () => "abc" } });
  assert.deepEqual(events().slice(1).map((one) => [one.kind, one.target, one.length]), [["cut", "chat_input", 5], ["paste", "chat_input", 3]]); // prettier-ignore
});
test("time away is told on return, in milliseconds, with the trial it belongs to", async () => {
  const { win, time, seen, events } = watching();
  win.dispatch("blur");
  await time.pass(2_500);
  win.dispatch("focus");
  assert.deepEqual(events().slice(1).map((one) => [one.kind, one.length]), [["blur", null], ["focus", 2500]]);
  assert.equal(seen.sent[0].trial, "t");
});
test("without a socket events are posted, and kept when that fails", async () => {
  const { seen, telemetry } = watching({ sends: false });
  seen.arrives = false;
  telemetry.flush();
  await settled();
  seen.arrives = true;
  telemetry.flush();
  assert.deepEqual(seen.posted.map(([frame]) => frame.events.length), [1, 1]);
});
test("a page that goes away posts what is left", () => {
  const { win, seen } = watching();
  win.dispatch("pagehide");
  assert.deepEqual([seen.posted[0][0].events.at(-1).kind, seen.posted[0][1]], ["page.left", true]);
});
test("the first opening of the connection is no reconnect", () => {
  const kinds = [];
  const changed = connectionEvents((kind) => kinds.push(kind));
  ["open", "offline", "open", "polling"].forEach(changed);
  assert.deepEqual(kinds, ["disconnect", "reconnect", "polling"]);
});

test("a passage keeps its place over a reload", () => {
  const [storage, element] = [fakeStorage(), new FakeElement()];
  startPassage({ element, trial: "t", left: null, storage });
  element.scrollTop = 321.4;
  element.dispatch("scroll");
  const again = new FakeElement();
  startPassage({ element: again, trial: "t", left: null, storage });
  assert.equal(again.scrollTop, 321);
});
test("a passage goes when its time is over", async () => {
  const [time, element] = [new FakeTime(), new FakeElement()];
  element.append(new FakeElement());
  startPassage({ element, trial: "t", left: 3_000, storage: fakeStorage(), timers: time });
  await time.pass(2_999);
  assert.equal(element.children.length, 1);
  await time.pass(1);
  assert.deepEqual([element.children.length, element.textContent], [0, "The text is no longer shown."]);
});
