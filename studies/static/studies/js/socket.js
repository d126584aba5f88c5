// One connection of a sitting: a websocket that comes back by itself, or polling where none can be opened.
// connect(config) -> { send(frame) -> boolean, on(type, fn), state, close() }
// config: { token, trial, csrf, socket_url?, chat_url? }. States: connecting, open, polling, offline, gone, closed.

import { startPolling } from "./poll.js";

const FAILS_BEFORE_POLLING = 2;
const SILENCE_MS = 50_000; // the server says something every 20 s
const ANSWER_MS = 10_000; // what a person says is answered at once
const OPENING_MS = 5000; // a proxy that blocks sockets may leave them hanging
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const RETRY_WHILE_POLLING_MS = 30_000;
const UNKNOWN_SITTING = 4404;
const NO_SOCKETS = 4503; // the server can serve none at present

export function connect(config, env = browser()) {
  const listeners = new Map();
  const connection = { state: "connecting", send, on, close };
  const chatUrl = config.chat_url || `/s/${config.token}/chat/`;
  const socketUrl = config.socket_url || `${env.origin.replace(/^http/, "ws")}/ws/s/${config.token}/`;
  let socket = null;
  let polling = null;
  let fails = 0;
  let timer = null;
  let silence = null;
  let opening = null;

  function on(type, listener) {
    listeners.set(type, [...(listeners.get(type) || []), listener]);
    return connection;
  }

  function emit(type, frame) {
    (listeners.get(type) || []).forEach((listener) => listener(frame));
    if (type !== "state") (listeners.get("*") || []).forEach((listener) => listener(frame));
  }

  function become(state) {
    if (connection.state === state || connection.state === "closed") return;
    connection.state = state;
    emit("state", state);
  }

  function receive(frame) {
    if (polling) become("polling");
    emit(frame.type, frame);
  }

  function send(frame) {
    if (socket?.readyState === 1) {
      socket.send(JSON.stringify(frame));
      if (frame.type === "message") listen(socket, ANSWER_MS);
      return true;
    }
    if (polling && connection.state !== "offline") {
      polling.send(frame);
      return true;
    }
    return false;
  }

  function open() {
    let opened = false;
    const mine = new env.WebSocket(socketUrl);
    const hangs = () => ((fails = FAILS_BEFORE_POLLING), giveUp(mine));
    opening = mine;
    const patience = env.setTimeout(hangs, OPENING_MS);
    mine.onopen = () => {
      opened = true;
      fails = 0;
      env.clearTimeout(patience);
      socket = mine;
      stopPolling();
      listen(mine);
      mine.send(JSON.stringify({ type: "hello", trial: config.trial || "" }));
      become("open");
    };
    mine.onmessage = (event) => {
      listen(mine);
      const frame = JSON.parse(event.data);
      if (frame.type === "ping") mine.send('{"type":"pong"}');
      else receive(frame);
    };
    mine.onclose = (event) => {
      env.clearTimeout(silence);
      env.clearTimeout(patience);
      if (socket === mine) socket = null;
      if (opening === mine) opening = null;
      if (connection.state === "closed") return;
      if (event.code === UNKNOWN_SITTING) become("gone");
      else if (event.code === NO_SOCKETS) {
        fails = FAILS_BEFORE_POLLING;
        lost(false);
      } else lost(opened);
    };
  }

  // A dead network does not close a socket: silence does.
  function listen(mine, patience = SILENCE_MS) {
    env.clearTimeout(silence);
    silence = env.setTimeout(() => giveUp(mine), patience);
  }

  // A close of ours may wait for the other side for minutes: it counts as closed at once.
  function giveUp(mine) {
    const closed = mine.onclose;
    mine.onopen = mine.onmessage = mine.onclose = () => {};
    mine.close();
    closed({ code: 1006 });
  }

  function networkLost() {
    if (socket) giveUp(socket);
    else become("offline");
  }

  function networkBack() {
    if (socket || opening || ["closed", "gone"].includes(connection.state)) return;
    env.clearTimeout(timer);
    open();
  }

  function lost(opened) {
    if (!opened) fails += 1;
    if (!opened && fails >= FAILS_BEFORE_POLLING && !polling) {
      polling = startPolling({ url: chatUrl, trial: config.trial, csrf: config.csrf, receive, failed, env });
    }
    if (!polling) become("offline");
    const wait = polling ? RETRY_WHILE_POLLING_MS : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** fails);
    env.clearTimeout(timer);
    timer = env.setTimeout(open, wait * (0.75 + env.random() / 2));
  }

  function failed() {
    become("offline");
  }

  function stopPolling() {
    polling?.stop();
    polling = null;
  }

  function close() {
    become("closed");
    env.clearTimeout(timer);
    env.clearTimeout(silence);
    stopPolling();
    socket?.close();
  }

  env.onNetwork?.(networkLost, networkBack);
  open();
  return connection;
}

function browser() {
  return {
    WebSocket: window.WebSocket,
    fetch: (...given) => window.fetch(...given),
    setTimeout: (...given) => window.setTimeout(...given),
    clearTimeout: (id) => window.clearTimeout(id),
    random: Math.random,
    origin: window.location.origin,
    onNetwork(lost, back) {
      window.addEventListener("offline", lost);
      window.addEventListener("online", back);
    },
  };
}
