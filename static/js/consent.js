/* Cookie choice and external content without a reload. Every form and link here works without this file;
   it only spares the round trip and keeps the focus and what was typed where they were. */
"use strict";

(() => {
  const banner = document.querySelector("[data-cookie-banner]");
  const undecided = new Set(banner?.dataset.cookieBanner.trim().split(/\s+/));
  let lastFocus = null;

  // the page's room for the focus above the banner is as high as the banner is, whatever its words and the font
  if (banner) new ResizeObserver(measure).observe(banner);

  document.addEventListener("focusin", ({ target }) => {
    if (!banner?.contains(target)) lastFocus = target;
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.plain || !form.closest("[data-cookie-banner], [data-external]")) return;
    event.preventDefault();
    decide(form, event.submitter).catch(() => sendPlainly(form, event.submitter));
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-load-once]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    load(link.closest("[data-external]")).focus();
  });

  function measure() {
    document.documentElement.style.setProperty("--banner-height", `${banner.getBoundingClientRect().height}px`);
  }

  async function decide(form, button) {
    const target = button.hasAttribute("formaction") ? button.formAction : form.action;
    const answer = await fetch(target, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, button)),
      headers: { "X-Cookie-Consent-Fetch": "1" },
    });
    if (answer.status === 409) return location.reload();
    if (answer.status !== 204) throw new Error(answer.status);
    const accepted = target.endsWith("/accept/");
    const group = button.name === "cookie_groups" ? button.value : null;
    if (group) undecided.delete(group);
    if (banner?.isConnected && (form.closest("[data-cookie-banner]") || !undecided.size)) leaveBanner();
    if (accepted) loadAll(group, form);
  }

  function sendPlainly(form, button) {
    form.dataset.plain = "true";
    form.requestSubmit(button);
  }

  function leaveBanner() {
    const status = document.querySelector("[data-cookie-status]");
    const target = lastFocus?.isConnected && lastFocus !== document.body ? lastFocus : document.getElementById("content");
    banner.remove();
    status.textContent = status.dataset.cookieStatus;
    target?.focus({ preventScroll: true });
  }

  function loadAll(group, form) {
    const waiting = [...document.querySelectorAll("[data-external]")].filter(
      (place) => group === null || place.dataset.group === group,
    );
    if (waiting.some((place) => place.dataset.kind === "style")) return location.reload();
    const pressed = form.closest("[data-external]");
    for (const place of waiting) {
      const frame = load(place);
      if (place === pressed) frame.focus();
    }
  }

  function load(place) {
    const figure = document.createElement("figure");
    const frame = document.createElement("iframe");
    figure.className = "external";
    frame.src = place.dataset.external;
    frame.title = place.dataset.title;
    frame.allowFullscreen = true;
    figure.append(frame);
    place.replaceWith(figure);
    return frame;
  }
})();
