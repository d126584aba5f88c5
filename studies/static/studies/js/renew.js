// Fetches a part of the page again and again. Never while somebody works in it, or nobody looks at the page.

export function keepRenewing({ place, away, document, fetch, setTimeout }) {
  const pause = Number(place.dataset.seconds) * 1000;

  async function renew() {
    if (!document.hidden && !place.contains(document.activeElement)) {
      const html = await part();
      away.hidden = html !== null;
      // The focus may have moved into it while the answer was on its way.
      if (html !== null && !place.contains(document.activeElement)) place.innerHTML = html;
    }
    setTimeout(renew, pause);
  }

  async function part() {
    try {
      const response = await fetch(place.dataset.url);
      // A login that has ended leads elsewhere: its page is no part of this one.
      return response.ok && !response.redirected ? await response.text() : null;
    } catch {
      return null;
    }
  }

  setTimeout(renew, pause);
  return renew;
}
