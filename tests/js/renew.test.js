import assert from "node:assert/strict";
import test from "node:test";

import { keepRenewing } from "../../studies/static/studies/js/renew.js";

function scene(answer) {
  const asked = [];
  const place = {
    dataset: { url: "/status/", seconds: "10" },
    innerHTML: "old",
    focused: false,
    contains() {
      return this.focused;
    },
  };
  const away = { hidden: true };
  const document = { hidden: false, activeElement: {} };
  const waits = [];
  const fetch = async (url) => {
    asked.push(url);
    return answer();
  };
  const renew = keepRenewing({ place, away, document, fetch, setTimeout: (what, ms) => waits.push(ms) });
  return { renew, place, away, document, asked, waits };
}

const fresh = () => ({ ok: true, redirected: false, text: async () => "new" });

test("the status is renewed, and again after the pause", async () => {
  const { renew, place, away, waits } = scene(fresh);
  await renew();
  assert.equal(place.innerHTML, "new");
  assert.equal(away.hidden, true);
  assert.deepEqual(waits, [10_000, 10_000]);
});

test("nothing changes under somebody who works in it, nor while nobody looks", async () => {
  const { renew, place, document, asked } = scene(fresh);
  place.focused = true;
  await renew();
  place.focused = false;
  document.hidden = true;
  await renew();
  assert.equal(place.innerHTML, "old");
  assert.deepEqual(asked, []);
});

for (const [what, answer] of [
  ["a lost network", () => Promise.reject(new TypeError("failed to fetch"))],
  ["an error", () => ({ ok: false, redirected: false })],
  ["a login page", () => ({ ok: true, redirected: true, text: async () => "log in" })],
]) {
  test(`${what} keeps the old status and says so`, async () => {
    const { renew, place, away, waits } = scene(answer);
    await renew();
    assert.equal(place.innerHTML, "old");
    assert.equal(away.hidden, false);
    assert.equal(waits.length, 2);
  });
}
