"""The HTML that an editor may store: an allow-list, applied whenever a text is saved.

What must never happen: a script, a style, a form or an address that loads by itself gets into a page,
whoever typed, pasted or imported it. What is not named here is dropped and its text kept, so a paste from
Word or WordPress comes out plain; the strict CSP stands behind it.
"""

import html
import re

import nh3

#: What the editor's buttons make; the sanitiser below allows exactly that.
EDITOR_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Heading": {"levels": [2, 3, 4]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "HorizontalRule": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
}

_TAGS = {
    *("p", "br", "hr", "strong", "em", "a", "h2", "h3", "h4", "ul", "ol", "li", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}, "ol": {"start"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}},
    clean_content_tags={"script", "style", "template", "iframe", "object", "noscript", "title", "svg", "math"},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)
_EMPTY_PARAGRAPH = re.compile(r"<(p|h[234]|strong|em)>(?:\s|&nbsp;|<br>)*</\1>")
#: elements that older editors wrote, and what they mean today
_SYNONYMS = {"b": "strong", "i": "em", "h1": "h2", "h5": "h4", "h6": "h4"}
_SYNONYM_TAG = re.compile(r"<(/?)(b|i|h1|h5|h6)(?=[\s>])", re.IGNORECASE)


def sanitise(markup: str) -> str:
    """`markup` with nothing in it but what the editor can make. Cleaning twice changes nothing more."""
    named = _SYNONYM_TAG.sub(lambda tag: f"<{tag[1]}{_SYNONYMS[tag[2].lower()]}", markup)
    return _EMPTY_PARAGRAPH.sub("", _cleaner.clean(named)).strip()


def plain_text(markup: str) -> str:
    """The words of `markup`, one space between them: for descriptions, feeds and the search."""
    spaced = re.sub(r"<(?:/(?:p|h\d|li|td|th|blockquote)|br|hr)>", " ", markup)
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())
