// The chat where sockets are blocked: the same frames, asked for by GET and sent by POST.

const BUSY_MS = 1000;
const IDLE_MS = 3000;

export function startPolling({ url, trial, csrf, receive, failed, env }) {
  let stopped = false;
  let timer = null;
  let queue = Promise.resolve();

  async function look() {
    env.clearTimeout(timer);
    let busy = false;
    if (trial) {
      const frame = await ask(() => env.fetch(`${url}?trial=${encodeURIComponent(trial)}`));
      busy = Boolean(frame?.chat?.reply_in_flight) || Boolean(frame?.covered);
      if (frame && !stopped) receive(frame);
      if (frame?.type === "closed") stopped = true;
    }
    if (!stopped) timer = env.setTimeout(look, busy ? BUSY_MS : IDLE_MS);
  }

  async function ask(request) {
    try {
      const response = await request();
      if (!response.headers.get("content-type")?.includes("json")) throw new Error(`status ${response.status}`);
      return await response.json();
    } catch {
      if (!stopped) failed();
      return null;
    }
  }

  async function post(frame) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
    const answer = await ask(() => env.fetch(url, { method: "POST", headers, body: JSON.stringify(frame) }));
    if (answer === null) return;
    (answer.frames || [answer]).forEach(receive);
    if (frame.type !== "draft" && frame.type !== "events") look();
  }

  look();
  return {
    // In order, one at a time: a message and the reset after it must not change places.
    send(frame) {
      queue = queue.then(() => post(frame));
    },
    stop() {
      stopped = true;
      env.clearTimeout(timer);
    },
  };
}
