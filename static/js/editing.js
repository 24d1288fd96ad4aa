// Asks before a typed text is lost: the form differs from what was loaded, and is not being saved.
const form = document.querySelector("#content-main form");
const values = () => new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken")).toString();
let loaded = form && values();
let saving = false;

if (form) {
  form.addEventListener("submit", () => { saving = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!saving && values() !== loaded) event.preventDefault();
  });
  // the editor tidies its text once when it starts; that is no change of the operator's
  form.addEventListener("focusin", () => { loaded = values(); }, { once: true });
}

// what can be typed into has a name for everybody: the editor's is the label of its field
const nameEditors = () => {
  for (const editor of document.querySelectorAll(".tiptap:not([aria-labelledby])")) {
    const label = editor.closest(".form-row")?.querySelector("label");
    label.id ||= `${label.htmlFor}-label`;
    editor.setAttribute("aria-labelledby", label.id);
  }
};
document.addEventListener("prose-editor:ready", nameEditors);
nameEditors();
