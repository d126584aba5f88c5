// A JSON frame by POST, for when the socket is closed or the page is leaving. True when it arrived and was taken.

export function poster({ url, csrf, fetcher = (...given) => fetch(...given) }) {
  return async function post(frame, leaving = false) {
    try {
      const answer = await fetcher(url, {
        method: "POST",
        keepalive: leaving,
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify(frame),
      });
      if (!answer.ok) return false;
      const { frames = [] } = await answer.json();
      return !frames.some((one) => one.type === "refused");
    } catch {
      return false;
    }
  };
}
