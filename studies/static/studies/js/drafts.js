// Keeps the choice on the server while the person still thinks: soon after each change, when the page goes away,
// and again after a lost connection whatever had not been confirmed.

export function startDrafts({ trial, known, read, send, post, saved, delay = 250, timers = globalThis }) {
  let timer = null;
  let last = JSON.stringify(known);
  let unconfirmed = false;

  function flush({ leaving = false } = {}) {
    timers.clearTimeout(timer);
    const current = read();
    if (JSON.stringify(current) === last && !unconfirmed) return;
    last = JSON.stringify(current);
    unconfirmed = true;
    saved("Saving …");
    const frame = { type: "draft", trial, ...current };
    if (leaving || !send(frame)) post(frame, leaving).then((ok) => (ok ? confirmed() : failed()));
  }

  function changed() {
    timers.clearTimeout(timer);
    timer = timers.setTimeout(flush, delay);
  }

  // Drafts of the chat are confirmed by the same frame: they say nothing of the choice.
  function confirmed() {
    if (!unconfirmed) return;
    unconfirmed = false;
    saved("Saved");
  }

  function failed() {
    saved("Not saved yet: no connection");
  }

  // The connection is back: what was on its way may have been lost.
  function again() {
    if (unconfirmed) flush();
  }

  if (JSON.stringify(read()) !== last) changed(); // chosen before this script had come
  return { changed, flush, confirmed, failed, again };
}
