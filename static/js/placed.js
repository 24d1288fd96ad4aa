/* What stands in the editor for a part looks like one: the line in brackets as a tile, with the pictures that it
   names. It is shown only; the text stays as it was typed. */
import { pm } from "django-prose-editor/editor";

const { Decoration, DecorationSet } = pm.view;
const { Plugin } = pm.state;
const LINE = /^\[(Öffnungszeiten|Anschrift|Kontakt|Fragen|Knopf:.+|Datei:.+|(?:Bild|Galerie):(?<names>.+))\]$/i;
const choice = document.querySelector(".picture-choice").dataset.address; // parts.js has put it there
const loaded = new Map();
const equipped = new WeakSet();

document.addEventListener("prose-editor:ready", ({ detail }) => equip(detail.editor));
for (const text of document.querySelectorAll(".tiptap")) if (text.editor) equip(text.editor);

function equip(editor) {
  if (equipped.has(editor)) return;
  equipped.add(editor);
  editor.registerPlugin(new Plugin({ props: { decorations: ({ doc }) => DecorationSet.create(doc, tiles(doc)) } }));
}

function tiles(doc) {
  const found = [];
  doc.forEach((node, place) => {
    const line = node.type.name === "paragraph" ? node.textContent.trim().match(LINE) : null;
    if (!line) return;
    found.push(Decoration.node(place, place + node.nodeSize, { class: "placed-part" }));
    const names = line.groups.names?.split(",").map((name) => name.trim()).filter(Boolean) ?? [];
    if (names.length) found.push(Decoration.widget(place, () => strip(names), { side: -1, key: names.join() }));
  });
  return found;
}

function strip(names) {
  const shown = document.createElement("span");
  shown.className = "placed-pictures";
  Promise.all(names.map(picture)).then((pictures) => shown.replaceChildren(...pictures.map((each) => each.cloneNode())));
  return shown;
}

/* The small picture of that name, or an empty frame where there is none. */
function picture(name) {
  if (!loaded.has(name)) loaded.set(name, load(name));
  return loaded.get(name);
}

async function load(name) {
  const answer = await fetch(`${choice}?${new URLSearchParams({ q: name })}`).catch(() => null);
  const choices = document.createRange().createContextualFragment(answer?.ok ? await answer.text() : "");
  const chosen = [...choices.querySelectorAll("input")].find((input) => input.value === name);
  return chosen?.parentElement.querySelector("img") ?? new Image();
}
