// The device check: scripts run (this one does), the screen is wide enough, a socket answers.

const NARROWEST = 320;
const PATIENCE_MS = 5000;
const config = JSON.parse(document.getElementById("config").textContent);
const element = (id) => document.getElementById(id);

function echo() {
  return new Promise((resolve) => {
    const started = performance.now();
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    const done = (value) => (clearTimeout(timer), resolve(value));
    try {
      const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/s/${config.token}/`);
      socket.onopen = () => socket.send(JSON.stringify({ type: "echo", n: 1 }));
      socket.onmessage = (event) => {
        if (JSON.parse(event.data).type !== "echo") return;
        socket.close();
        done(Math.round(performance.now() - started));
      };
      socket.onerror = () => done(null);
    } catch {
      done(null);
    }
  });
}

element("check-script").textContent = "JavaScript: works";
const wide = window.innerWidth >= NARROWEST;
element("check-screen").textContent = wide
  ? `Screen: ${window.innerWidth} by ${window.innerHeight}, large enough`
  : `Screen: ${window.innerWidth} wide, which is narrow; please turn your phone or use a larger screen`;
const roundTrip = await echo();
element("check-socket").textContent =
  roundTrip === null ? "Connection: works the slower way; that is all right" : `Connection: works (${roundTrip} ms)`;
element("device-form").elements.device.value = JSON.stringify({
  javascript: true,
  width: window.innerWidth,
  height: window.innerHeight,
  socket_ms: roundTrip,
  touch: navigator.maxTouchPoints > 0,
  dark: window.matchMedia("(prefers-color-scheme: dark)").matches,
});
element("device-words").textContent = "Everything is ready.";
element("device-go").disabled = false;
