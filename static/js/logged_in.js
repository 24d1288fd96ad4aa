/* A text is not lost because the session ended while it was written: before the form is sent, the site is asked
   whether it still knows the operator, and for the token of the session that it knows them by now. */
const form = document.querySelector("#content-main form");
let isKnown = false;

form?.addEventListener("submit", async (event) => {
  if (isKnown) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // whoever listens after this is told when it is really sent
  const token = await tokenOfToday().catch(() => null);
  document.getElementById("logged-out").hidden = Boolean(token);
  if (!token) return document.getElementById("logged-out").scrollIntoView({ block: "center" });
  form.querySelector("[name=csrfmiddlewaretoken]").value = token;
  isKnown = true;
  form.requestSubmit(event.submitter);
});

async function tokenOfToday() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (answer.redirected || !answer.ok) return null;
  return (await answer.text()).match(/name="csrfmiddlewaretoken" value="(\w+)"/)?.[1];
}
