// Coding by keyboard: a letter chooses, Enter keeps. Two keys, because what is kept cannot be changed.

export function codeByKeys({ form, document }) {
  const choices = new Map([...form.querySelectorAll("[name=shown]")].map((radio) => [radio.value, radio]));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toUpperCase();
    const chosen = choices.get(key === "N" ? "none" : key);
    if (chosen) {
      chosen.checked = true;
      chosen.focus();
    } else if (key === "ENTER" && event.target === document.body) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
