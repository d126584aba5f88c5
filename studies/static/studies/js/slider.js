// Confidence on a slider: nothing is set until the person sets it, though a slider always stands somewhere.

const KEYS = new Set(["Enter", " "]);

export function startSlider({ slider, output, field, changed }) {
  function set() {
    field.value = slider.value;
    output.textContent = `${slider.value}%`;
    changed();
  }

  slider.addEventListener("input", set);
  slider.addEventListener("click", set);
  // By keyboard the place where it stands can be taken too.
  slider.addEventListener("keydown", (event) => {
    if (!KEYS.has(event.key)) return;
    event.preventDefault();
    set();
  });
}
