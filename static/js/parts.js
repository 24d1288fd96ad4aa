/* The text editor, made easy: a bar that places parts, parts that look like some, and pastes from word processors
   that keep their lists. Without this script a part is typed, as the help below the text says. */
import { pm } from "django-prose-editor/editor";

const { Decoration, DecorationSet } = pm.view;
const { Plugin } = pm.state;
const template = document.getElementById("parts");
const dialogs = Object.fromEntries(
  [...template.content.querySelectorAll("dialog")].map((dialog) => [dialog.dataset.name, document.body.appendChild(dialog)]),
);
const players = JSON.parse(template.dataset.players);
const paragraph = (text, marks = []) => ({ type: "paragraph", content: [{ type: "text", text, marks }] });
const LINE = /^\[(Öffnungszeiten|Anschrift|Kontakt|Fragen|Knopf:.+|Datei:.+|(?:Bild|Galerie):(?<names>.+))\]$/i;
const loaded = new Map(); // small pictures by name
const equipped = new WeakSet();

document.addEventListener("prose-editor:ready", ({ detail }) => equip(detail.editor));
for (const text of document.querySelectorAll(".tiptap")) if (text.editor) equip(text.editor);

function equip(editor) {
  if (equipped.has(editor)) return;
  equipped.add(editor);
  const bar = template.content.querySelector(".parts").cloneNode(true);
  editor.view.dom.closest(".prose-editor").before(bar);
  editor.setOptions({ editorProps: { ...editor.options.editorProps, transformPastedHTML: tidy } });
  editor.registerPlugin(new Plugin({ props: { decorations: ({ doc }) => DecorationSet.create(doc, tiles(doc)) } }));
  bar.addEventListener("click", ({ target }) => {
    if (target.dataset.line) insert(editor, [paragraph(target.dataset.line)]);
    if (target.dataset.question) insert(editor, questions(target.dataset));
    if (target.dataset.dialog) ask(editor, target.dataset.dialog);
  });
}

const insert = (editor, nodes) => editor.chain().focus().insertContent(nodes).run();

const questions = ({ question, answer }) => [
  paragraph("[Fragen]"),
  { type: "heading", attrs: { level: 3 }, content: [{ type: "text", text: question }] },
  paragraph(answer),
  { type: "horizontalRule" },
  { type: "paragraph" }, // what is placed next comes below the rule, not instead of it
];

function ask(editor, name) {
  const dialog = dialogs[name];
  const form = dialog.querySelector("form");
  form.reset();
  if (dialog.querySelector(".part-choice")) showChoice(dialog);
  if (dialog.querySelector(".part-provider")) showProvider(dialog);
  form.onsubmit = ({ submitter }) => {
    const nodes = submitter.value === "insert" ? answers[name](new FormData(form)) : null;
    if (nodes) insert(editor, nodes);
  };
  dialog.showModal();
}

const answers = {
  pictures: (data) => {
    const names = data.getAll("picture");
    return names.length ? [paragraph(`[${names.length > 1 ? "Galerie" : "Bild"}: ${names.join(", ")}]`)] : null;
  },
  download: (data) => data.get("download") && [paragraph(`[Datei: ${data.get("download")}]`)],
  button: (data) => [paragraph(`[Knopf: ${data.get("words").replaceAll("]", ")")} ${data.get("address")}]`)],
  external: (data) => [paragraph(data.get("words"), [{ type: "link", attrs: { href: player(data.get("address")) } }])],
};

/* The address that can be shown inside a page, for the address that people copy. */
function player(address) {
  for (const [pattern, shown] of Object.entries(players)) {
    const video = address.match(new RegExp(`^${pattern}$`));
    if (video) return shown.replace("{}", video[1]);
  }
  return address;
}

/* --- Whose content it is, and one press that lets visitors be asked about that provider. */

function showProvider(dialog) {
  const box = dialog.querySelector(".part-provider");
  const address = dialog.querySelector("[type=url]");
  const show = () => {
    address.value = embedded(address.value);
    const provider = providerOf(player(address.value), JSON.parse(box.dataset.providers));
    say(box, address.validity.valid ? stateOf(provider) : null, provider?.name);
  };
  address.oninput = show;
  box.querySelector("[data-say=known] button").onclick = async () => {
    const providers = JSON.parse(box.dataset.providers);
    const provider = providerOf(player(address.value), providers);
    if (!(await isAdded(box.dataset.action, provider.varname))) return say(box, "failed");
    for (const known of providers) if (known.varname === provider.varname) known.isAgreed = true;
    box.dataset.providers = JSON.stringify(providers);
    show();
    dialog.querySelector("[value=insert]").focus();
  };
  show();
}

/* The address in what providers give to copy, which is often a whole frame. */
const embedded = (text) => text.match(/<iframe[^>]*\ssrc="(https:[^"]+)"/)?.[1].replaceAll("&amp;", "&") ?? text;

function providerOf(address, providers) {
  const { hostname, pathname } = URL.canParse(address) ? new URL(address) : {};
  return providers.find(({ host, path }) => host === hostname && pathname.startsWith(path));
}

function stateOf(provider) {
  if (!provider) return "unknown";
  if (provider.isAgreed) return "agreed";
  return provider.mayAdd ? "known" : "forbidden";
}

function say(box, state, name = "") {
  for (const line of box.querySelectorAll("[data-say]")) {
    line.hidden = line.dataset.say !== state;
    const place = line.querySelector("strong");
    if (place) place.textContent = name;
  }
}

async function isAdded(action, provider) {
  const csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(action, {
    method: "POST",
    body: new URLSearchParams({ csrfmiddlewaretoken, provider }),
    headers: { "X-Cookie-Consent-Fetch": "1" },
  }).catch(() => null);
  return answer?.status === 204;
}

function showChoice(dialog) {
  const search = dialog.querySelector("[type=search]");
  const load = async () => {
    const choices = await choicesFor(dialog, search.value);
    if (choices) dialog.querySelector(".part-choice").replaceChildren(choices);
  };
  search.oninput = load;
  return load();
}

/* What the site offers for a word in this dialog; null if it does not answer. */
async function choicesFor(dialog, word) {
  const { address } = dialog.querySelector(".part-choice").dataset;
  const answer = await fetch(`${address}?${new URLSearchParams({ q: word })}`).catch(() => null);
  return answer?.ok ? document.createRange().createContextualFragment(await answer.text()) : null;
}

/* --- A placed part is shown as a tile, with the pictures that it names. The text stays as it was typed. */

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
  const choices = await choicesFor(dialogs.pictures, name);
  const chosen = [...(choices?.querySelectorAll("input") ?? [])].find((input) => input.value === name);
  return chosen?.parentElement.querySelector("img") ?? new Image();
}

/* --- Pasting */

/* Word has no lists in what it copies, only paragraphs that look like some. Headings get the sizes that pages have,
   links keep nothing but where they lead. The rest the editor drops by itself, and the server whatever is left. */
function tidy(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const item of page.querySelectorAll("p[class*='MsoListParagraph'], p[style*='mso-list']")) {
    const marker = item.querySelector("[style*='mso-list:Ignore'], [style*='mso-list: Ignore']");
    const kind = /^\s*(\d+|[a-z])[.)]/i.test(marker?.textContent ?? "") ? "ol" : "ul";
    marker?.remove();
    const before = item.previousElementSibling;
    const list = before?.dataset.pasted === kind ? before : page.createElement(kind);
    list.dataset.pasted = kind;
    if (list !== before) item.before(list);
    const entry = page.createElement("li");
    entry.append(item);
    list.append(entry);
  }
  for (const [old, today] of Object.entries({ h1: "h2", h5: "h4", h6: "h4" })) {
    for (const heading of page.querySelectorAll(old)) {
      const renamed = page.createElement(today);
      renamed.append(...heading.childNodes);
      heading.replaceWith(renamed);
    }
  }
  for (const link of page.querySelectorAll("a")) {
    for (const { name } of [...link.attributes]) if (name !== "href") link.removeAttribute(name);
  }
  return page.body.innerHTML;
}
