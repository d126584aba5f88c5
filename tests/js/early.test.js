import assert from "node:assert/strict";
import test from "node:test";

import { FakeElement, fakeDocument } from "./fake_dom.js";

globalThis.document = fakeDocument();
await import("../../studies/static/studies/js/early.js");

function typing(text) {
  const box = new FakeElement("textarea");
  const form = new FakeElement("form");
  const submits = [];
  box.value = text;
  box.closest = () => box;
  box.form = form;
  form.querySelector = () => box;
  form.requestSubmit = () => submits.push(document.dispatch("submit", { target: form, defaultPrevented: form.taken }));
  const press = (more = {}) => document.dispatch("keydown", { target: box, key: "Enter", ...more });
  return { box, form, press, submits };
}

test("Enter sends; Shift and Enter, and Enter that ends a composed word, do not", () => {
  const { press, submits } = typing("Why?");
  assert.equal(press({ shiftKey: true }).defaultPrevented, false);
  assert.equal(press({ isComposing: true }).defaultPrevented, false);
  assert.equal(submits.length, 0);
  assert.equal(press().defaultPrevented, true);
  assert.equal(submits.length, 1);
});
test("before the chat has started what is said waits in the box and leaves no page", () => {
  const { box, press, submits } = typing("Why?");
  press();
  box.value = "Why?And";
  press();
  assert.deepEqual([box.dataset.said, box.value], ["Why?", "Why?And"]);
  assert.ok(submits.every((event) => event.defaultPrevented));
});
test("nothing typed is nothing said, and a chat that has started is left alone", () => {
  const empty = typing("  ");
  empty.press();
  const started = typing("Why?");
  started.form.taken = true;
  started.press();
  assert.deepEqual([empty.box.dataset.said, started.box.dataset.said], [undefined, undefined]);
});
test("keys elsewhere are nobody's business here", () => {
  const event = document.dispatch("keydown", { target: { closest: () => null }, key: "Enter" });
  assert.equal(event.defaultPrevented, false);
});
