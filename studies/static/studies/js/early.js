// Enter and Send work from the first moment: a plain script in the head, since modules come later than the first key.
// What is said before the chat has started stays in the box, marked, and is sent first of all (chat_pane.js).

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-chat-box]");
  if (!box || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  box.form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const box = event.target.querySelector("[data-chat-box]");
  if (!box || event.defaultPrevented) return; // the chat has started and took it
  event.preventDefault();
  if (box.value.trim()) box.dataset.said ??= box.value;
});
