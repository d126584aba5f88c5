// The clock as arithmetic: what is left, and how it is said. The server decides; this only shows.

export const ANNOUNCED = [60, 30, 10];

// now and startedAt in milliseconds of one monotonic clock.
export function remaining(leftAtStart, startedAt, now) {
  return Math.max(0, leftAtStart - (now - startedAt));
}

export function digits(ms) {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function words(ms) {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 0) return "Time is up";
  return seconds <= 10 ? "Only seconds left" : seconds <= 30 ? "Little time left" : "Time left";
}

// The announcement that falls between two looks at the clock, or "".
export function announcement(before, after) {
  const crossed = ANNOUNCED.filter((mark) => before > mark * 1000 && after <= mark * 1000).at(-1);
  if (crossed === undefined) return "";
  return crossed === 60 ? "One minute left." : `${crossed} seconds left.`;
}
