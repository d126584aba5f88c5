// The page of the device check: joins what is found to the form that reports it.

import { connectionWords, roundTrip, screenWords } from "./device.js";

const config = JSON.parse(document.getElementById("config").textContent);
const element = (id) => document.getElementById(id);

element("check-script").textContent = "JavaScript: works";
element("check-screen").textContent = screenWords(window.innerWidth, window.innerHeight);
const socketMs = await roundTrip({
  url: `${window.location.origin.replace(/^http/, "ws")}/ws/s/${config.token}/`,
  WebSocket: window.WebSocket,
  now: () => performance.now(),
  setTimeout: (...given) => window.setTimeout(...given),
  clearTimeout: (id) => window.clearTimeout(id),
});
element("check-socket").textContent = connectionWords(socketMs);
element("device-form").elements.device.value = JSON.stringify({
  javascript: true,
  width: window.innerWidth,
  height: window.innerHeight,
  socket_ms: socketMs,
  touch: navigator.maxTouchPoints > 0,
  dark: window.matchMedia("(prefers-color-scheme: dark)").matches,
});
element("device-words").textContent = "Everything is ready.";
element("device-go").disabled = false;
