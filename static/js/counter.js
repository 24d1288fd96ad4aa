/* Says near the end of a long field how much is left, and beyond it how much is too much: counted as the server counts,
   by code points, a line end as one. Nothing is cut. Without this file the server says it when the form is sent. */
"use strict";

for (const counter of document.querySelectorAll("[data-counter-of]")) {
  const field = document.getElementById(counter.dataset.counterOf);
  const longest = Number(counter.dataset.longest);
  const [shown, said] = counter.children;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  let pause;

  const lengthOf = (text) => {
    let length = 0;
    for (const _ of text) length += 1;
    return length;
  };

  const count = () => {
    const length = field.value.length < longest * 0.9 ? 0 : lengthOf(field.value); // never fewer units than signs
    const left = longest - length;
    counter.hidden = length < longest * 0.9;
    counter.classList.toggle("is-over", left < 0);
    shown.textContent = counter.dataset[left < 0 ? "over" : "left"].replace("{n}", number.format(Math.abs(left)));
    clearTimeout(pause);
    pause = setTimeout(() => { said.textContent = counter.hidden ? "" : shown.textContent; }, 1000); // not at each key
  };

  // what the server said of the text stands until the text changes
  const error = field.parentElement.querySelector(".errorlist");
  field.addEventListener("input", () => {
    if (error) error.hidden = true;
    count();
  });
  if (!error) window.addEventListener("pageshow", count); // the browser may have brought back a text
}
