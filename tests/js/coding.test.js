import assert from "node:assert/strict";
import test from "node:test";

import { codeByKeys } from "../../studies/static/studies/js/coding_keys.js";

function scene() {
  const radios = ["A", "B", "none"].map((value) => ({ value, checked: false, focus() {} }));
  const form = { querySelectorAll: () => radios, sent: 0, requestSubmit: () => (form.sent += 1) };
  const document = { body: {}, addEventListener: (_, listener) => (document.press = listener) };
  codeByKeys({ form, document });
  const press = (key, more = {}) => document.press({ key, target: document.body, preventDefault() {}, ...more });
  return { form, press, chosen: () => radios.filter((radio) => radio.checked).map((radio) => radio.value) };
}

test("a letter chooses, and nothing is kept before Enter", () => {
  const { form, press, chosen } = scene();
  press("b");
  assert.deepEqual(chosen(), ["B"]);
  assert.equal(form.sent, 0);
  press("Enter");
  assert.equal(form.sent, 1);
});

test("N is for none; letters that no option has, and shortcuts of the browser, do nothing", () => {
  const { press, chosen } = scene();
  press("z");
  press("a", { ctrlKey: true });
  assert.deepEqual(chosen(), []);
  press("n");
  assert.deepEqual(chosen(), ["none"]);
});

test("Enter in the form or on a link is left to the browser", () => {
  const { form, press } = scene();
  press("Enter", { target: {} });
  assert.equal(form.sent, 0);
});
