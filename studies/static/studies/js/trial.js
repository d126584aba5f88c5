// The page of an open trial: joins clock, drafts, telemetry, passage and chat.

import { startCountdown } from "./countdown.js";
import { startDrafts } from "./drafts.js";
import { startPassage } from "./passage.js";
import { poster } from "./post.js";
import { connect } from "./socket.js";
import { startTelemetry } from "./telemetry.js";

const config = JSON.parse(document.getElementById("config").textContent);
const form = document.getElementById("answer-form");
const element = (id) => document.getElementById(id);
const post = poster({ url: config.chat_url, csrf: config.csrf });
const socket = connect({ token: config.token, trial: config.trial, csrf: config.csrf });
const send = (frame) => socket.state === "open" && socket.send(frame);
let submitting = false;

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

function cover(on) {
  const box = element("cover");
  if (box) box.hidden = !on;
}

const drafts = startDrafts({ trial: config.trial, read, send, post, saved });
const countdown = startCountdown({
  left: config.remaining_ms,
  covered: config.covered,
  announce,
  show({ digits, words, soon }) {
    if (!element("clock")) return;
    element("clock-number").textContent = digits;
    if (element("clock-words").textContent !== words) element("clock-words").textContent = words;
    element("clock").classList.toggle("soon", soon);
  },
  onEnd() {
    if (submitting) return;
    announce("Time is up. Your answer is being sent.", true);
    form.elements.expired.value = "1";
    form.requestSubmit();
  },
});

form.addEventListener("change", drafts.changed);
form.addEventListener("submit", (event) => {
  if (submitting) {
    event.preventDefault();
    return;
  }
  submitting = true;
  element("send").disabled = true;
});
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
window.addEventListener("pagehide", () => !submitting && drafts.flush({ leaving: true }));
window.addEventListener("beforeunload", (event) => !submitting && event.preventDefault());

socket.on("saved", () => saved("Saved"));
socket.on("time", (frame) => {
  countdown.correct(frame.remaining_ms, frame.covered);
  cover(frame.covered);
});
socket.on("snapshot", (frame) => {
  countdown.correct(frame.remaining_ms, frame.covered);
  cover(frame.covered);
});
socket.on("closed", () => {
  if (submitting) return;
  submitting = true;
  window.location.reload();
});

const slider = element("confidence-slider");
if (slider) {
  const set = () => {
    form.elements.confidence.value = slider.value;
    element("confidence-output").textContent = `${slider.value}%`;
    drafts.changed();
  };
  slider.addEventListener("input", set);
  slider.addEventListener("click", set);
}

cover(config.covered);
const passage = element("passage");
if (passage) startPassage({ element: passage, trial: config.trial, left: config.passage_left_ms, storage: sessionStorage });
if (config.telemetry) {
  const telemetry = startTelemetry({ doc: document, win: window, send, post });
  socket.on("state", (state) => state === "offline" && telemetry.note("offline", "page"));
}
if (config.chat) {
  const { startChat } = await import("./chat_pane.js");
  startChat({ root: document.querySelector("[data-chat]"), config, socket });
}
element("notice")?.focus();
