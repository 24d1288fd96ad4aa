/* While an erasure is being proved: asks again how it stands, and shows it in place. What is replaced has no field
   and no button until it is done, so nothing typed and no focus is lost.
   Without this script the page reloads itself. */
const PAUSE = 1000;

function show(page) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (now && now.innerHTML !== part.innerHTML) {
      part.replaceWith(now);
    }
  }
}

async function look() {
  try {
    const answer = await fetch(location.href, { redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      return; // signed out
    }
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const isOver = !page.querySelector("[data-watched]"); // asked first: what is shown leaves `page` for this one
      show(page);
      if (isOver) {
        return;
      }
    }
  } catch {
    // the server is away for a moment
  }
  setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
