// A passage keeps its place over a reload, and goes when the study says so.

export function startPassage({ element, trial, left, storage, timers = globalThis }) {
  const key = `passage-${trial}`;
  element.scrollTop = Number(storage.getItem(key) || 0);
  element.addEventListener("scroll", () => storage.setItem(key, String(Math.round(element.scrollTop))));
  if (left !== null && left !== undefined && left > 0) {
    timers.setTimeout(() => {
      element.replaceChildren();
      element.textContent = "The text is no longer shown.";
    }, left);
  }
}
