"""A text of WordPress in this site's words: blocks and shortcodes become the placeable parts, the rest plain HTML.

First everything is parsed and written out again by the sanitiser, with the few elements that matter here still in
it; so what follows reads well-formed HTML only. What comes out goes through the editor's own allow-list.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from sitebackend.pages import markup
from sitebackend.pages.embeds import player
from sitebackend.pages.wordpress.export import split

_BLOCK = (
    r"(?:p|h[1-6]|ul|ol|li|table|thead|tbody|tr|th|td|blockquote|pre|div|figure|figcaption|hr|details|section|iframe)"
)
_BLOCK_TAG = re.compile(rf"</?{_BLOCK}\b", re.IGNORECASE)
_SHORTCODE = r"\[{name}\b([^\]]*)\]"
_CAPTION = re.compile(r"\[caption\b[^\]]*\]\s*(<a\b.*?</a>|<img\b[^>]*>)(.*?)\[/caption\]", re.DOTALL)
_GALLERY = re.compile(_SHORTCODE.format(name="gallery"))
_EMBED = re.compile(r"\[embed\b[^\]]*\]\s*(\S+?)\s*\[/embed\]")
_FORM = re.compile(
    _SHORTCODE.format(name="(?:contact-form-7|contact-form|wpforms|ninja_form|gravityform|forminator_form)")
)
_REUSED = re.compile(r'<!-- wp:block \{"ref":([0-9]+)[^}]*\} /-->')
#: a shortcode of some plugin: it has attributes, a closing twin, or a name that no word of a text has
_OTHER = re.compile(r"\[/?([a-z][a-z0-9]*(?:[_-][a-z0-9]+)+|[a-z][a-z0-9]*(?=\s+[\w-]+=))\b[^\]]*\]")
_TWIN = re.compile(r"\[([a-z][a-z0-9]*)\](.*?)\[/\1\]", re.DOTALL)
_ADDRESS_ALONE = re.compile(r"<(p|div|figure)>\s*(https://[^\s<]+)\s*</\1>")
_first_pass = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "strong", "em", "b", "i", "a", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "div"),
        *("table", "thead", "tbody", "tr", "th", "td", "blockquote", "details", "summary"),
        *("img", "figure", "figcaption", "iframe"),
    },
    attributes={
        "a": {"href", "class"},
        "img": {"src", "alt", "class"},
        "iframe": {"src", "title"},
        "ol": {"start"},
        **{cell: {"colspan", "rowspan"} for cell in ("td", "th")},
    },
    clean_content_tags={"script", "style", "template", "object", "noscript", "title", "svg", "math", "form"},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)


@dataclass(slots=True)
class Surroundings:
    """What a text refers to, as the importer knows it; and what it could not take over."""

    picture: Callable[[str, str], str | None]  #: (address, alternative text) → the name of a picture of ours
    picture_number: Callable[[int], str | None]  #: WordPress's number of an upload → the same
    caption: Callable[[str, str], None]  #: (name of a picture of ours, the words below it)
    link: Callable[[str], str]  #: address → address today
    reused: Callable[[int], str]  #: WordPress's number of a reusable block → its text
    left_out: set[str] = field(default_factory=set)  #: in words


def convert(content: str, around: Surroundings) -> str:
    """`content` as the body of a page; clean, whatever it was."""
    whole = _REUSED.sub(lambda block: around.reused(int(block[1])), content)
    paragraphs = whole if "<!-- wp:" in whole else _paragraphs(whole)
    writer = _Writer(around)
    writer.feed(_first_pass.clean(_shortcodes(paragraphs, around)))
    writer.close()
    return markup.sanitise(_ADDRESS_ALONE.sub(_embedded, writer.written()))


def _paragraphs(text: str) -> str:
    """The classic editor stored no paragraphs: an empty line begins one, the end of a line breaks it."""
    pieces = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "\n".join(piece if _BLOCK_TAG.search(piece) else _paragraph(piece) for piece in pieces)


def _paragraph(piece: str) -> str:
    return "<p>" + piece.strip().replace("\n", "<br>") + "</p>"


def _shortcodes(text: str, around: Surroundings) -> str:
    text = _CAPTION.sub(r"<figure>\1<figcaption>\2</figcaption></figure>", text)
    text = _GALLERY.sub(lambda found: _gallery(found[1], around), text)
    text = _EMBED.sub(r"</p><p>\1</p><p>", text)
    text = _FORM.sub("</p><p>[Kontakt]</p><p>", text)
    for pattern, kept in ((_TWIN, r"\2"), (_OTHER, "")):
        around.left_out |= {f"[{found[1]}]" for found in pattern.finditer(text)}
        text = pattern.sub(kept, text)
    return text


def _gallery(attributes: str, around: Surroundings) -> str:
    numbers = re.search(r"""ids=["']?([0-9,\s]+)""", html.unescape(attributes))
    names = [around.picture_number(int(number)) for number in re.findall(r"[0-9]+", numbers[1] if numbers else "")]
    return _placed([name for name in names if name])


def _placed(names: list[str]) -> str:
    part = "Galerie" if len(names) > 1 else "Bild"
    return f"</p><p>[{part}: {', '.join(names)}]</p><p>" if names else ""


def _embedded(found: re.Match[str]) -> str:
    return _external(html.unescape(found[2]))


def _external(address: str) -> str:
    """A link that is a paragraph by itself: shown in place once a visitor agrees to its host."""
    address = player(address)
    label = split(address).hostname or address
    return f'<p><a href="{html.escape(address)}">{html.escape(label)}</a></p>'


class _Writer(HTMLParser):
    """Writes out what it reads; pictures, buttons, frames and disclosures as this site's parts, each its own line."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__(convert_charrefs=True)
        self._around = around
        self._out: list[str] = []
        self._pictures: list[str] = []  #: waiting for the end of the figure or link that they stand in
        self._captions: list[str] = []
        self._caption_begin = 0
        self._figures = 0
        self._link: tuple[int, str | None, bool] | None = None  #: where it began, its address, whether it is a button
        self._is_asking = False

    def written(self) -> str:
        self._end_questions("")
        return "".join(self._out)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._end_questions("")
        self._out.append(html.escape(data, quote=False))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag not in ("div", "details", "summary"):
            self._end_questions(tag)
        if begin := getattr(self, f"_begin_{tag}", None):
            begin(attributes)
        else:
            spans = "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
            self._out.append(f"<{tag}{spans}>")

    def handle_endtag(self, tag: str) -> None:
        if end := getattr(self, f"_end_{tag}", None):
            end()
        elif tag not in ("img", "br", "hr", "iframe"):
            self._out.append(f"</{tag}>")

    # --- pictures

    def _begin_img(self, attributes: dict[str, str]) -> None:
        name = self._around.picture(attributes.get("src", ""), attributes.get("alt", ""))
        if name:
            self._pictures.append(name)
        if not self._figures and self._link is None:
            self._place_pictures()

    def _begin_figure(self, attributes: dict[str, str]) -> None:
        self._figures += 1
        self._out.append("</p>")

    def _end_figure(self) -> None:
        self._figures -= 1
        if not self._figures:
            self._place_pictures()

    def _begin_figcaption(self, attributes: dict[str, str]) -> None:
        self._caption_begin = len(self._out)

    def _end_figcaption(self) -> None:
        words = markup.plain_text("".join(self._out[self._caption_begin :]))
        del self._out[self._caption_begin :]
        if len(self._pictures) == 1:
            self._around.caption(self._pictures[0], words)
        elif words:
            self._captions.append(f"<p>{html.escape(words)}</p>")

    def _place_pictures(self) -> None:
        self._out += [_placed(self._pictures), *self._captions]
        self._pictures, self._captions = [], []

    # --- links and buttons

    def _begin_a(self, attributes: dict[str, str]) -> None:
        address: str | None = self._around.link(attributes["href"]) if attributes.get("href") else ""
        kind = attributes.get("class", "")
        if "wp-block-file__button" in kind:  # it says “download” of the link beside it
            address = None
        self._link = len(self._out), address, "wp-block-button" in kind

    def _end_a(self) -> None:
        if self._link is None:
            return
        (begin, address, is_button), self._link = self._link, None
        words = "".join(self._out[begin:])
        plain = markup.plain_text(words)
        if address is None:
            del self._out[begin:]
        elif plain and is_button and re.fullmatch(r"(/(?!/)|https://)[^\s\]]*", address):
            self._out[begin:] = [
                f"</p><p>[Knopf: {html.escape(plain.replace(']', ')'))} {html.escape(address)}]</p><p>"
            ]
        elif plain and address:
            self._out[begin:] = [f'<a href="{html.escape(address)}">{words}</a>']
        if not self._figures:
            self._place_pictures()

    # --- frames, questions

    def _begin_iframe(self, attributes: dict[str, str]) -> None:
        address = attributes.get("src", "")
        if address.startswith("https://"):
            self._out.append(f"</p>{_external(address)}<p>")

    def _begin_details(self, attributes: dict[str, str]) -> None:
        if not self._is_asking:
            self._out.append("<p>[Fragen]</p>")
        self._is_asking = False

    def _begin_summary(self, attributes: dict[str, str]) -> None:
        self._out.append("<h3>")

    def _end_summary(self) -> None:
        self._out.append("</h3>")

    def _end_details(self) -> None:
        self._is_asking = True

    def _end_questions(self, tag: str) -> None:
        """Whatever follows the last answer does not belong to it; a line or a larger heading says so."""
        if self._is_asking and tag not in ("h1", "h2", "hr"):
            self._out.append("<hr>")
        self._is_asking = False
