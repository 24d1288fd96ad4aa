/* Moves pages between and within menus: by the handle with mouse, pen or finger, or with the arrow keys on it.
   All it does is to fill in the selects and numbers that are there without it. */
const STEP = 10;

for (const handle of document.querySelectorAll(".menu-handle")) {
  handle.hidden = false;
  handle.addEventListener("pointerdown", take);
  handle.addEventListener("keydown", step);
}
document.addEventListener("change", ({ target }) => {
  const row = target.closest(".menu-row");
  if (!row) return;
  if (target.name.endsWith("-menu")) {
    const lists = [...document.querySelectorAll(".menu-list")];
    const here = row.closest(".menu-list");
    place(row, lists.find((list) => list.dataset.language === here.dataset.language && list.dataset.menu === target.value));
  }
});

function take(event) {
  const handle = event.currentTarget;
  const row = handle.closest(".menu-row");
  event.preventDefault();
  handle.focus();
  handle.setPointerCapture(event.pointerId);
  row.classList.add("is-moving");
  const move = ({ clientX, clientY }) => follow(row, clientX, clientY);
  handle.addEventListener("pointermove", move);
  handle.addEventListener("lostpointercapture", () => {
    handle.removeEventListener("pointermove", move);
    row.classList.remove("is-moving");
  }, { once: true });
}

function follow(row, x, y) {
  const below = document.elementFromPoint(x, y);
  const list = below?.closest(".menu-lists > section")?.querySelector(".menu-list");
  if (!list || list.dataset.language !== row.closest(".menu-list").dataset.language) return;
  const others = [...list.children].filter((other) => other !== row);
  place(row, list, others.find((other) => y < other.getBoundingClientRect().top + other.offsetHeight / 2));
}

function step(event) {
  const row = event.currentTarget.closest(".menu-row");
  const towards = { ArrowUp: row.previousElementSibling, ArrowDown: row.nextElementSibling?.nextElementSibling ?? null };
  if (!(event.key in towards)) return;
  event.preventDefault();
  if (event.key === "ArrowUp" && !towards.ArrowUp) return;
  place(row, row.parentElement, towards[event.key]);
  event.currentTarget.focus();
}

function place(row, list, next = null) {
  if (list.contains(row) && row.nextElementSibling === next) return;
  const left = row.parentElement;
  list.insertBefore(row, next);
  row.querySelector("[name$='-menu']").value = list.dataset.menu;
  for (const changed of new Set([left, list])) {
    [...changed.children].forEach((other, place) => {
      other.querySelector("[name$='-menu_order']").value = (place + 1) * STEP;
    });
  }
}
