// The page of an open trial: joins clock, answer, drafts, telemetry, passage and chat. All in one turn of the loop:
// a frame that comes before its listener would be lost.

import { startAnswerForm } from "./answer_form.js";
import { startChat } from "./chat_pane.js";
import { startCountdown } from "./countdown.js";
import { startDrafts } from "./drafts.js";
import { startPassage } from "./passage.js";
import { poster } from "./post.js";
import { startSlider } from "./slider.js";
import { connect } from "./socket.js";
import { connectionEvents, startTelemetry } from "./telemetry.js";

const config = JSON.parse(document.getElementById("config").textContent);
const element = (id) => document.getElementById(id);
const form = element("answer-form");
const post = poster({ url: config.chat_url, csrf: config.csrf });
const socket = connect({ token: config.token, trial: config.trial, csrf: config.csrf });
const send = (frame) => socket.state === "open" && socket.send(frame);

function read() {
  const data = new FormData(form);
  return { answer: data.get("answer") || "", confidence: data.get("confidence") || "" };
}

function saved(words) {
  element("saved").textContent = words;
}

function announce(words, urgent) {
  element(urgent ? "announce-now" : "announce").textContent = words;
}

function timed(frame) {
  countdown.correct(frame.remaining_ms, frame.covered);
  cover(frame.covered);
}

// Covered, the question can be neither read nor reached by the keyboard.
function cover(on) {
  element("cover").hidden = !on;
  element("uncovered").inert = Boolean(on);
}

let chat = null;
const drafts = startDrafts({
  trial: config.trial,
  known: config.known,
  read,
  send,
  post,
  saved: (words) => answer.waits || saved(words),
});
const answer = startAnswerForm({
  form,
  button: element("send"),
  say: saved,
  announce: (words) => announce(words, true),
  online: () => navigator.onLine,
  reload: () => window.location.reload(),
  unsaid: () => chat?.pending,
});
const countdown = startCountdown({
  left: config.remaining_ms,
  covered: config.covered,
  announce,
  onEnd: answer.timeIsUp,
  show({ digits, words, soon }) {
    if (!element("clock")) return;
    element("clock-number").textContent = digits;
    if (element("clock-words").textContent !== words) element("clock-words").textContent = words;
    element("clock").classList.toggle("soon", soon);
  },
});

form.addEventListener("change", drafts.changed);
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
window.addEventListener("pagehide", () => !answer.sent && drafts.flush({ leaving: true }));
window.addEventListener("online", answer.goFree);
socket.on("saved", drafts.confirmed);
socket.on("time", timed);
socket.on("snapshot", timed);
socket.on("closed", answer.goOn);
socket.on("state", (state) => ["open", "polling"].includes(state) && drafts.again());

cover(config.covered);
const slider = element("confidence-slider");
if (slider) startSlider({ slider, output: element("confidence-output"), field: form.elements.confidence, changed: drafts.changed });
const passage = element("passage");
if (passage) startPassage({ element: passage, trial: config.trial, left: config.passage_left_ms, storage: sessionStorage });
if (config.telemetry) {
  const telemetry = startTelemetry({ doc: document, win: window, trial: config.trial, send, post });
  socket.on("state", connectionEvents(telemetry.note));
}
if (config.chat) {
  chat = startChat({ root: document.querySelector("[data-chat]"), config, socket });
  socket.on("*", () => chat.pending || answer.goFree());
}
element("notice")?.focus();
