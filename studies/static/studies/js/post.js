// A JSON frame by POST, for when the socket is closed or the page is leaving. True when it arrived.

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
      return answer.ok;
    } catch {
      return false;
    }
  };
}
