// Sends the answer once: by the person's button, or at the end of the clock. Without a connection it waits for one,
// so that nobody meets a browser's error page and the choice stays where it was made.

const WAITING = "You are offline. Your answer stays here and is sent when the connection is back.";
const TIME_UP_OFFLINE = "Time is up, and you are offline. Your last saved choice counts; the page goes on by itself.";

export function startAnswerForm({ form, button, say, announce, online, reload }) {
  let sent = false; // the browser is on its way to the next page
  let waiting = null; // what to do when the connection is back

  form.addEventListener("submit", (event) => {
    if (!sent && online()) {
      sent = true;
      button.disabled = true;
      return;
    }
    event.preventDefault();
    if (sent) return;
    waiting = waiting || (() => form.requestSubmit());
    say(WAITING);
  });

  function timeIsUp() {
    if (sent) return;
    if (!online()) {
      waiting = goOn;
      button.disabled = true;
      say(TIME_UP_OFFLINE);
      announce(TIME_UP_OFFLINE);
      return;
    }
    announce("Time is up. Your answer is being sent.");
    form.elements.expired.value = "1";
    form.requestSubmit();
  }

  // Closed by the server: the next page is due.
  function goOn() {
    if (sent) return;
    sent = true;
    reload();
  }

  function connected() {
    const due = waiting;
    waiting = null;
    due?.();
  }

  return { timeIsUp, goOn, connected, get sent() { return sent; } }; // prettier-ignore
}
