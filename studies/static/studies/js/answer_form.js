// Sends the answer once: by the person's button, or at the end of the clock. Without a connection it waits for one,
// so that nobody meets a browser's error page and the choice stays where it was made. What was said in the chat goes
// before it: with the answer the chat is over.

const WAITING = "You are offline. Your answer stays here and is sent when the connection is back.";
const UNSAID = "Your last message is sent first …";
const LONGEST_UNSAID_MS = 3000;
const TIME_UP_OFFLINE = "Time is up, and you are offline. Your last saved choice counts; the page goes on by itself.";

export function startAnswerForm({ form, button, say, announce, online, reload, unsaid = () => false, later = setTimeout }) {
  let sent = false; // the browser is on its way to the next page
  let waiting = null; // what to do when the way is free
  let patient = true;

  form.addEventListener("submit", (event) => {
    const words = obstacle();
    if (!sent && !words) {
      sent = true;
      button.disabled = true;
      return;
    }
    event.preventDefault();
    if (sent) return;
    waiting = waiting || (() => form.requestSubmit());
    say(words);
  });

  function obstacle() {
    if (!online()) return WAITING;
    if (!patient || form.elements.expired.value || !unsaid()) return "";
    later(() => ((patient = false), goFree()), LONGEST_UNSAID_MS);
    return UNSAID;
  }

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

  // The connection is back, or the last message has arrived.
  function goFree() {
    const due = waiting;
    waiting = null;
    due?.();
  }

  return { timeIsUp, goOn, goFree, get sent() { return sent; }, get waits() { return waiting !== null; } }; // prettier-ignore
}
