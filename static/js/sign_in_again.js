/* Before a form with files leaves its page, or one that was open for long, the site is asked whether it would take it.
   If it wants a sign-in or a password first, a dialog asks for that, and the form stays as it is, its files chosen.
   Without this script, or if the question fails, the form is sent, and the answer asks for the same. */
const OPEN_FOR_LONG = 5 * 60 * 1000;
const opened = Date.now();
const passes = new WeakSet();
let waiting = null; // what is sent once it may pass, and by which button
const dialog = document.createElement("dialog");
dialog.className = "sign-in-again";
dialog.setAttribute("aria-labelledby", "sign-in-again-title");

dialog.addEventListener("close", () => { waiting = null; });

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (dialog.contains(form)) return answerDialog(event);
  if (passes.delete(form) || !isAskedFor(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // whoever listens after this is told when it is really sent
  if (waiting?.form !== form) ask({ form, submitter: event.submitter }, new FormData());
}, true);

function isAskedFor(form) {
  const isDeed = form.getAttribute("method") === "post" && form.closest("#content") && addressOf({ form }).pathname !== "/admin/logout/";
  const isOther = form.matches("#login-form, [data-sign-in-again]");
  const hasFiles = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  return isDeed && !isOther && (hasFiles || Date.now() - opened > OPEN_FOR_LONG);
}

// by attributes: a form's own `action` may be a field of that name
function addressOf({ form, submitter }) {
  const address = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  return new URL(address || location.href, location.href);
}

async function ask(sent, fields) {
  waiting = sent;
  if (!fields.has("csrfmiddlewaretoken")) {
    fields.set("csrfmiddlewaretoken", sent.form.querySelector("[name=csrfmiddlewaretoken]").value);
  }
  const headers = { "X-Sign-In": "asks" };
  const answer = await fetch(addressOf(sent), { method: "POST", body: fields, headers, redirect: "error" }).catch(() => null);
  const isPage = answer?.headers.get("Content-Type")?.startsWith("text/html");
  const words = isPage ? await answer.text() : "";
  if (words.includes("data-sign-in-again")) return show(words);
  if (answer?.ok && !isPage) renewTokens((await answer.json()).token);
  dialog.close();
  waiting = null;
  passes.add(sent.form);
  sent.form.requestSubmit(sent.submitter);
}

function show(words) {
  dialog.innerHTML = words;
  if (!dialog.isConnected) document.body.append(dialog);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
}

function answerDialog(event) {
  event.preventDefault();
  ask(waiting, new FormData(event.target));
}

function renewTokens(token) {
  document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => { input.value = token; });
}
