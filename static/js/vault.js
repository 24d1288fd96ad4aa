/* Counts down the open vault's time in the header. When it is over, what was opened leaves the screen too.
   Without this script the server still locks in time; only the page that is shown stays as it is. */
"use strict";

const chip = document.querySelector("[data-vault-seconds]");

function show(chip, left) {
  chip.querySelector("[data-vault-left]").textContent =
    `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function lock(chip) {
  document.querySelectorAll("[data-sealed]").forEach((element) => element.replaceChildren("•••"));
  chip.classList.remove("is-open");
  chip.querySelector(".vault-state").textContent = chip.dataset.vaultLocked;
  chip.querySelector("form").remove();
}

if (chip) {
  // measured from when the page came, so that a wrong clock of this device does not matter
  const seconds = Number(chip.dataset.vaultSeconds);
  const start = performance.now();
  const timer = setInterval(() => {
    const left = Math.ceil(seconds - (performance.now() - start) / 1000);
    if (left > 0) {
      show(chip, left);
    } else {
      clearInterval(timer);
      lock(chip);
    }
  }, 1000);
}
