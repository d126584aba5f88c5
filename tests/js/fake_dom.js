// As much of a document as the modules touch.

export class FakeTarget {
  #listeners = new Map();

  addEventListener(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) || []), listener]);
  }

  dispatch(type, more = {}) {
    const event = { type, target: this, defaultPrevented: false, preventDefault() { this.defaultPrevented = true; }, ...more }; // prettier-ignore
    (this.#listeners.get(type) || []).forEach((listener) => listener(event));
    return event;
  }
}

export class FakeElement extends FakeTarget {
  constructor(tag = "div") {
    super();
    Object.assign(this, { tag, children: [], dataset: {}, parent: null, className: "", textContent: "", value: "" });
    Object.assign(this, { scrollTop: 0, scrollHeight: 100, clientHeight: 100, hidden: false, disabled: false });
    const names = () => new Set(this.className.split(" ").filter(Boolean));
    this.classList = {
      contains: (name) => names().has(name),
      toggle: (name, on) => {
        const now = names();
        now[on ? "add" : "delete"](name);
        this.className = [...now].join(" ");
      },
    };
  }

  append(...elements) {
    elements.forEach((element) => this.insertBefore(element, null));
  }

  insertBefore(element, before) {
    element.remove();
    const place = before ? this.children.indexOf(before) : this.children.length;
    this.children.splice(place, 0, element);
    element.parent = this;
  }

  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((one) => one !== this);
    this.parent = null;
  }

  replaceChildren() {
    this.children = [];
  }

  querySelector(selector) {
    const wanted = selector.slice(1);
    for (const child of this.children) {
      const found = child.classList.contains(wanted) ? child : child.querySelector(selector);
      if (found) return found;
    }
    return null;
  }
}

export const fakeDocument = () => Object.assign(new FakeTarget(), { createElement: (tag) => new FakeElement(tag) });

export function fakeStorage(kept = {}) {
  return { kept, getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) };
}

// Time that passes when told to.
export class FakeTime {
  ms = 0;
  #timers = new Map();
  #next = 1;

  now = () => this.ms;
  setTimeout = (run, wait = 0) => (this.#timers.set(this.#next, { run, at: this.ms + wait }), this.#next++);
  clearTimeout = (id) => this.#timers.delete(id);

  async pass(ms) {
    const end = this.ms + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.ms = due[1].at;
      due[1].run();
    }
    this.ms = end;
    await settled();
  }
}

export async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
