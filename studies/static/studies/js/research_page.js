// The study's page of a researcher: renews its status quietly, and copies the address.

import { keepRenewing } from "./renew.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = "Copied";
  });
}

const place = document.getElementById("status");
const away = document.getElementById("status-away");
keepRenewing({ place, away, document, fetch: window.fetch.bind(window), setTimeout: window.setTimeout.bind(window) });
