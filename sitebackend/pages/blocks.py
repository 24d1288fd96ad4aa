"""Placeable parts: a line of its own in a text, as in “[Öffnungszeiten]” or “[Bild: serverraum]”.

They stand in the text where the editor wrote them and are looked up anew for each page, so that changed
opening hours are right everywhere. An unknown part stays what it is: text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _

from sitebackend.pages.models import Download, Image

_LINE = re.compile(r"<p>\[([A-Za-zÄÖÜäöü]+)(?::\s*([^\]<>]{1,300}))?\]</p>")
_QUESTION = re.compile(r"<h3>(.*?)</h3>(.*?)(?=<h[23]>|$)", re.DOTALL)


def fill(markup: str, context: dict[str, Any]) -> str:
    """`markup` (sanitised) with its parts in place; `context` holds `site` for the business's facts."""
    return _LINE.sub(lambda line: _render(line, context), _questions(markup))


def let_tables_scroll(markup: str) -> str:
    """`markup` with each table in a box of its own, so that a wide one scrolls there and not the page."""
    box = format_html('<div class="table-scroll wide" tabindex="0" role="region" aria-label="{}">', _("Table"))
    return markup.replace("<table>", f"{box}<table>").replace("</table>", "</table></div>")


def _render(line: re.Match[str], context: dict[str, Any]) -> str:
    part = _PARTS.get(line[1].lower())
    own = part.find(line[2] or "") if part else None
    if part is None or own is None:
        return line[0]
    return render_to_string(f"pages/blocks/{part.template}.html", {"site": context.get("site"), **own})


def _questions(markup: str) -> str:
    """After “[Fragen]”, each heading of the third level opens its answer, up to a larger one or a line.

    The line only ends them; it is not shown.
    """
    start, marker, rest = markup.partition("<p>[Fragen]</p>")
    if not marker:
        return markup
    asked, *after = re.split(r"(?=<h2>)|<hr>", rest, maxsplit=1)
    disclosures = _QUESTION.sub(r"<details><summary>\1</summary>\2</details>", asked)
    return start + disclosures + _questions("".join(after))


def _nothing(words: str) -> dict[str, Any] | None:
    return None if words else {}


def _pictures(words: str) -> dict[str, Any] | None:
    names = [name.strip() for name in words.split(",")]
    known = Image.objects.in_bulk(names, field_name="name")
    found = [known[name] for name in names if name in known]
    return {"images": found} if found else None


def _button(words: str) -> dict[str, Any] | None:
    label, _space, address = words.rpartition(" ")
    is_ours = address.startswith("/") and not address.startswith("//")
    return {"label": label, "address": address} if label and (is_ours or address.startswith("https://")) else None


def _download(words: str) -> dict[str, Any] | None:
    found = Download.objects.filter(name=words.strip()).first()
    return {"download": found} if found else None


@dataclass(frozen=True, slots=True)
class _Part:
    template: str
    find: Callable[[str], dict[str, Any] | None]  #: what it shows; None: the words mean nothing


_PARTS = {
    "öffnungszeiten": _Part("opening_hours", _nothing),
    "anschrift": _Part("address", _nothing),
    "kontakt": _Part("contact", _nothing),
    "knopf": _Part("button", _button),
    "bild": _Part("pictures", _pictures),
    "galerie": _Part("pictures", _pictures),
    "datei": _Part("download", _download),
}
