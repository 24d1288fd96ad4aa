/* Copies a password without showing it, shows it on demand. Without this script the browser's own eye does. */
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-show]");
  if (!button) return;
  const input = button.parentElement.querySelector("input");
  if ("show" in button.dataset) {
    input.type = input.type === "password" ? "text" : "password";
    return;
  }
  await navigator.clipboard.writeText(input.value);
  button.classList.add("is-done");
});
