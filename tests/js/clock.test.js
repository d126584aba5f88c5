import assert from "node:assert/strict";
import test from "node:test";

import { announcement, digits, remaining, words } from "../../studies/static/studies/js/clock.js";
import { startCountdown } from "../../studies/static/studies/js/countdown.js";

test("time left is never below zero", () => assert.equal(remaining(500, 0, 900), 0));
test("a started second is shown whole", () => assert.deepEqual([61_000, 59_001, 0].map(digits), ["1:01", "1:00", "0:00"]));
test("each mark is said once, when it is passed", () => {
  assert.equal(announcement(60_100, 59_900), "One minute left.");
  assert.equal(announcement(59_900, 59_700), "");
  assert.equal(announcement(31_000, 9_000), "10 seconds left.");
});
test("urgency is in words", () => {
  assert.deepEqual([40_000, 20_000, 5_000, 0].map(words), ["Time left", "Little time left", "Only seconds left", "Time is up"]);
});

function counting(left, covered = false) {
  const seen = { ends: 0, said: [], shown: null };
  const state = { ms: 0, tick: null };
  const countdown = startCountdown({
    left, covered,
    show: (shown) => (seen.shown = shown),
    announce: (text, urgent) => seen.said.push([text, urgent]),
    onEnd: () => (seen.ends += 1),
    now: () => state.ms,
    every: (tick) => (state.tick = tick),
  }); // prettier-ignore
  const at = (ms) => ((state.ms = ms), state.tick());
  return { seen, at, countdown };
}

test("it announces at 60, 30 and 10 seconds and ends once", () => {
  const { seen, at } = counting(61_000);
  [500, 1_500, 31_500, 51_500, 61_100, 62_000].forEach(at);
  assert.deepEqual(seen.said, [["One minute left.", false], ["30 seconds left.", false], ["10 seconds left.", true]]);
  assert.equal(seen.ends, 1);
});
test("it does not end before the server's clock has", () => {
  const { seen, at } = counting(1_000);
  at(1_030);
  assert.equal(seen.ends, 0);
});
test("a covered page's clock stands still", () => {
  const { seen, at, countdown } = counting(5_000, true);
  at(60_000);
  assert.deepEqual([seen.ends, seen.shown.digits], [0, "0:05"]);
  countdown.correct(5_000, false);
  at(66_000);
  assert.equal(seen.ends, 1);
});
test("without a limit it shows nothing and never ends", () => {
  const { seen, at, countdown } = counting(null);
  countdown.correct(null, false);
  at(1e9);
  assert.deepEqual([seen.shown, seen.ends], [null, 0]);
});
