// Shows the clock, says it aloud at 60, 30 and 10 seconds, and calls onEnd once when it is over.

import { announcement, digits, remaining, words } from "./clock.js";

const AFTER_THE_END_MS = 60; // so that the server's clock, too, has passed the deadline

export function startCountdown({ left, covered, show, announce, onEnd, now = () => performance.now(), every = setInterval }) {
  let atStart = left;
  let startedAt = now();
  let standing = covered;
  let before = left;
  let over = false;

  function look() {
    if (atStart === null || over) return;
    const ms = standing ? atStart : remaining(atStart, startedAt, now());
    show({ digits: digits(ms), words: words(ms), soon: ms <= 30_000 });
    const said = announcement(before, ms);
    if (said) announce(said, ms <= 10_000);
    before = ms;
    if (!standing && now() - startedAt >= atStart + AFTER_THE_END_MS) {
      over = true;
      onEnd();
    }
  }

  // The server's word on the clock, whenever it comes.
  function correct(ms, nowCovered) {
    if (ms === null || ms === undefined) return;
    atStart = ms;
    startedAt = now();
    standing = Boolean(nowCovered);
    look();
  }

  look();
  every(look, 250);
  return { correct, look };
}
