// Keeps the choice on the server while the person still thinks: soon after each change, and when the page goes away.

export function startDrafts({ trial, read, send, post, saved, delay = 250, timers = globalThis }) {
  let timer = null;
  let last = JSON.stringify(read());

  function flush({ leaving = false } = {}) {
    timers.clearTimeout(timer);
    const current = read();
    if (JSON.stringify(current) === last) return;
    last = JSON.stringify(current);
    const frame = { type: "draft", trial, ...current };
    if (!leaving && send(frame)) saved("Saving …");
    else post(frame, leaving).then((ok) => saved(ok ? "Saved" : "Not saved yet: no connection"));
  }

  function changed() {
    timers.clearTimeout(timer);
    timer = timers.setTimeout(flush, delay);
  }

  return { changed, flush };
}
