// What happens around the page: that something was copied or left, where and how long; never what.

const BATCH = 20;
const EVERY_MS = 5000;

export function startTelemetry({ doc, win, trial, send, post, clock = performance, every = setInterval }) {
  let queue = [];
  let awaySince = null;

  function note(kind, target = "", length = null) {
    queue.push({ kind, target, length, at: new Date(clock.timeOrigin + clock.now()).toISOString() });
    if (queue.length >= BATCH) flush();
  }

  function flush(leaving = false) {
    if (!queue.length) return;
    const frame = { type: "events", trial, events: queue };
    queue = [];
    if (leaving || !send(frame)) post(frame, leaving).then((ok) => ok || leaving || (queue = [...frame.events, ...queue]));
  }

  function region(node) {
    const element = node?.nodeType === 1 ? node : node?.parentElement;
    return element?.closest?.("[data-region]")?.dataset.region || "page";
  }

  // A selection inside a text box is not in the document's selection everywhere.
  function taken(kind, event) {
    const { selectionStart: from, selectionEnd: to } = event.target || {};
    const boxed = typeof from === "number";
    const selection = boxed ? null : doc.getSelection();
    note(kind, region(boxed ? event.target : selection?.anchorNode), boxed ? to - from : String(selection || "").length);
  }

  function given(kind, event, data) {
    note(kind, region(event.target), (data?.getData("text") || "").length);
  }

  function back() {
    note("focus", "page", awaySince === null ? null : Math.round(clock.now() - awaySince));
    awaySince = null;
  }

  win.addEventListener("blur", () => {
    awaySince ??= clock.now();
    note("blur", "page");
  });
  win.addEventListener("focus", back);
  win.addEventListener("pagehide", () => (note("page.left", "page"), flush(true)));
  doc.addEventListener("visibilitychange", () => note(doc.hidden ? "hidden" : "visible", "page"));
  for (const kind of ["copy", "cut"]) doc.addEventListener(kind, (event) => taken(kind, event));
  doc.addEventListener("paste", (event) => given("paste", event, event.clipboardData));
  doc.addEventListener("drop", (event) => given("drop", event, event.dataTransfer));
  every(() => flush(), EVERY_MS);
  note("page.shown", "page");
  return { note, flush };
}

// The event of each change of the connection; the first opening is none.
export function connectionEvents(note) {
  let before = "connecting";
  return (state) => {
    if (state === "offline") note("disconnect", "page");
    else if (state === "polling") note("polling", "page");
    else if (state === "open" && before !== "connecting") note("reconnect", "page");
    before = state;
  };
}
