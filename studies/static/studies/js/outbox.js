// What a person wrote and the server has not confirmed: kept over a reload, sent again under the same id.

export function startOutbox({ trial, storage, newId }) {
  const key = `chat-${trial}`;
  const state = { text: null, pending: [], ...load() };

  function load() {
    try {
      return JSON.parse(storage?.getItem(key) || "{}");
    } catch {
      return {};
    }
  }

  function save() {
    try {
      storage?.setItem(key, JSON.stringify(state));
    } catch {
      // A full or forbidden store: the server's draft remains.
    }
  }

  return {
    // null: nothing was typed on this page, the server's draft counts.
    get text() {
      return state.text;
    },
    set text(text) {
      state.text = text;
      save();
    },
    get pending() {
      return state.pending;
    },
    add(text) {
      const message = { id: newId(), text };
      state.pending = [...state.pending, message];
      save();
      return message;
    },
    // Confirmed or refused: the message, once.
    remove(id) {
      const found = state.pending.find((message) => message.id === id) || null;
      state.pending = state.pending.filter((message) => message.id !== id);
      if (found) save();
      return found;
    },
  };
}

export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
