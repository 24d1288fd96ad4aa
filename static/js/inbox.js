/* One key for each button and link of the inbox that has one (data-key), while nothing is being typed. Without this
   script they are pressed as ever. Screen readers and voice control have keys and words of their own: whoever is in
   their way switches these off (WCAG 2.1.4), and the browser remembers it. */
{
  const KEPT = "inbox-keys";
  const FIELD = "input, select, textarea, [contenteditable], dialog";
  const box = document.querySelector("[data-keys]");
  const choice = box?.querySelector("input");

  if (box) {
    box.hidden = false;
    choice.checked = remembered() !== "off";
    choice.addEventListener("change", remember);
    document.addEventListener("keydown", press);
    tell();
  }

  function press(event) {
    if (!choice.checked || event.defaultPrevented || event.isComposing || event.repeat) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.target.closest(FIELD)) return;
    const row = document.activeElement.closest("#result_list tbody tr");
    const found = row?.querySelector(keyed(event.key)) ?? document.querySelector(`${keyed(event.key)}:not(#result_list *)`);
    if (found) found.click();
    else if (!step(event.key, row)) return;
    event.preventDefault();
  }

  /* The focus goes from message to message; the first press takes the first, or from below the last. */
  function step(key, row) {
    const links = [...document.querySelectorAll("#result_list [data-row]")];
    if (!links.length || (key !== "n" && key !== "v")) return false;
    const here = links.findIndex((link) => row?.contains(link));
    const there = key === "n" ? here + 1 : (here < 0 ? links.length : here) - 1;
    links[Math.max(0, Math.min(there, links.length - 1))].focus();
    return true;
  }

  function keyed(key) {
    return `[data-key="${CSS.escape(key)}"]`;
  }

  function remembered() {
    try { return localStorage.getItem(KEPT); } catch { return null; }
  }

  function remember() {
    try { localStorage.setItem(KEPT, choice.checked ? "on" : "off"); } catch { /* for this page only, then */ }
    tell();
  }

  /* What a key does is told to programs that read the page aloud as long as it does it. */
  function tell() {
    for (const each of document.querySelectorAll("[data-key]:not(#result_list *)")) {
      if (choice.checked) each.setAttribute("aria-keyshortcuts", each.dataset.key);
      else each.removeAttribute("aria-keyshortcuts");
    }
  }
}
