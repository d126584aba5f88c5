// The device check: scripts run (this one does), the screen is wide enough, a socket answers.

export const NARROWEST = 320;
const PATIENCE_MS = 5000;

// Milliseconds of one round trip through a websocket, or null where none can be had.
export function roundTrip({ url, WebSocket, now, setTimeout, clearTimeout }) {
  return new Promise((resolve) => {
    const started = now();
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    const done = (value) => (clearTimeout(timer), resolve(value));
    try {
      const socket = new WebSocket(url);
      socket.onopen = () => socket.send(JSON.stringify({ type: "echo", n: 1 }));
      socket.onmessage = (event) => {
        if (JSON.parse(event.data).type !== "echo") return;
        socket.close();
        done(Math.round(now() - started));
      };
      socket.onerror = socket.onclose = () => done(null);
    } catch {
      done(null);
    }
  });
}

export function screenWords(width, height) {
  return width >= NARROWEST
    ? `Screen: ${width} by ${height}, large enough`
    : `Screen: ${width} wide, which is narrow; please turn your phone or use a larger screen`;
}

export function connectionWords(ms) {
  return ms === null ? "Connection: works the slower way; that is all right" : `Connection: works (${ms} ms)`;
}
