// What happens around the page: that something was copied or left, where and how long; never what.

const BATCH = 20;
const EVERY_MS = 5000;

export function startTelemetry({ doc, win, send, post, now = () => new Date().toISOString(), every = setInterval }) {
  let queue = [];
  let awaySince = null;

  function note(kind, target = "", length = null) {
    queue.push({ kind, target, length, at: now() });
    if (queue.length >= BATCH) flush();
  }

  function flush(leaving = false) {
    if (!queue.length) return;
    const frame = { type: "events", events: queue };
    queue = [];
    if (leaving || !send(frame)) post(frame, leaving);
  }

  function region(node) {
    const element = node?.nodeType === 1 ? node : node?.parentElement;
    return element?.closest?.("[data-region]")?.dataset.region || "page";
  }

  function away() {
    if (awaySince === null) awaySince = performance.now();
  }

  function back(kind) {
    note(kind, "page", awaySince === null ? null : Math.round(performance.now() - awaySince));
    awaySince = null;
  }

  win.addEventListener("blur", () => (note("blur", "page"), away()));
  win.addEventListener("focus", () => back("focus"));
  doc.addEventListener("visibilitychange", () => note(doc.hidden ? "hidden" : "visible", "page"));
  doc.addEventListener("copy", () => {
    const selection = doc.getSelection();
    note("copy", region(selection?.anchorNode), String(selection || "").length);
  });
  doc.addEventListener("paste", (event) => {
    note("paste", region(event.target), (event.clipboardData?.getData("text") || "").length);
  });
  win.addEventListener("pagehide", () => flush(true));
  every(() => flush(), EVERY_MS);
  return { note, flush };
}
