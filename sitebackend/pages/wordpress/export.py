"""Reads a WXR file: pages, posts, uploads and menu entries, one by one, without trusting any of them.

Real files use `http://` and `https://wordpress.org/export/1.2/` as their namespace, and older numbers: what counts
is the word "export" in it.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any
from urllib.parse import SplitResult, unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

#: bytes that no XML may hold and that real exports do hold; in UTF-8 they are never part of a letter
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})
_NAMESPACES = {"excerpt/": "excerpt:", "/export/": "wp:", "modules/content": "content:"}


class Unreadable(Exception):
    """The file is no export of WordPress, or one that nobody should open. Its text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of the export. Everything in it is as somebody wrote it there."""

    number: int  #: WordPress's own; 0 if it has none
    kind: str  #: page, post, attachment, nav_menu_item, wp_block …
    title: str
    slug: str
    path: str  #: of its old address, decoded; "" if it had none of its own
    status: str
    published_at: datetime | None  #: UTC
    content: str
    excerpt: str
    parent: int
    order: int
    topics: tuple[tuple[str, str], ...]  #: (slug, title) of its categories
    menu: str  #: slug of the menu that it is an entry of
    meta: Mapping[str, str]
    file_path: str  #: of an upload's old address, decoded
    is_protected: bool
    comments: int


@dataclass(slots=True)
class Export:
    host: str = ""  #: without "www."
    language: str = ""  #: as in "de-DE"
    items: list[Item] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> list[Item]:
        return [item for item in self.items if item.kind in kinds]


def read(stream: IO[bytes]) -> Export:
    """Raises Unreadable."""
    try:
        return _read(_Clean(stream))
    except DefusedXmlException as error:
        raise Unreadable(_("The file holds a document type or entities, as no export does. It is refused.")) from error
    except ParseError as error:
        line = error.position[0]
        raise Unreadable(_("The file is no well-formed XML (line {line}).").format(line=line)) from error
    except (ValueError, LookupError) as error:
        raise Unreadable(_("The file is in an encoding that cannot be read.")) from error


class _Clean:
    """The stream without the bytes that XML forbids."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        cleaned = b""
        while not cleaned and (piece := self._stream.read(size)):
            cleaned = piece.translate(None, _FORBIDDEN)
        return cleaned


def _read(stream: _Clean) -> Export:
    export, is_export, open_elements = Export(), False, []
    for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            open_elements.append(element)
            continue
        open_elements.pop()
        name = _name(element.tag)
        is_export = is_export or name == "wp:wxr_version"
        if name == "item" and open_elements:
            export.items.append(_item(element))
            open_elements[-1].remove(element)  # or the whole file would stay in memory
        elif len(open_elements) == 2 and name in ("link", "wp:base_blog_url"):
            export.host = export.host or _host(element.text or "")
        elif len(open_elements) == 2 and name == "language":
            export.language = element.text or ""
    if not is_export:
        raise Unreadable(_("The file is no export of WordPress: in its admin, Tools → Export → All content makes one."))
    return export


def _name(tag: str) -> str:
    namespace, _brace, local = tag.rpartition("}")
    return next((prefix for part, prefix in _NAMESPACES.items() if part in namespace), "") + local


def _host(address: str) -> str:
    return (split(address).hostname or "").removeprefix("www.")


def split(address: str) -> SplitResult:
    """As `urlsplit`; what is no address has no parts."""
    try:
        parts = urlsplit(address.strip())
        parts.hostname  # noqa: B018 - asked here because it may raise
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _item(element: Element) -> Item:
    texts: dict[str, str] = {}
    meta: dict[str, str] = {}
    for child in element:
        if (name := _name(child.tag)) == "wp:postmeta":
            parts = {_name(part.tag): part.text or "" for part in child}
            meta.setdefault(parts.get("wp:meta_key", ""), parts.get("wp:meta_value", ""))
        else:
            texts.setdefault(name, (child.text or "").strip())
    return Item(
        number=_number(texts.get("wp:post_id")),
        kind=texts.get("wp:post_type", ""),
        title=" ".join(html.unescape(re.sub(r"<[^>]*>", "", texts.get("title", ""))).split()),
        slug=unquote(texts.get("wp:post_name", "")),
        path=_path(texts.get("link", "")),
        status=texts.get("wp:status", ""),
        published_at=_time(texts.get("wp:post_date_gmt", "")),
        content=texts.get("content:encoded", ""),
        excerpt=texts.get("excerpt:encoded", ""),
        parent=_number(texts.get("wp:post_parent")),
        order=_number(texts.get("wp:menu_order")),
        topics=tuple(_terms(element, "category")),
        menu=next((slug for slug, _title in _terms(element, "nav_menu")), ""),
        meta=meta,
        file_path=_path(texts.get("wp:attachment_url", "")),
        is_protected=bool(texts.get("wp:post_password")),
        comments=sum(_name(child.tag) == "wp:comment" for child in element),
    )


def _terms(element: Element, domain: str) -> Iterator[tuple[str, str]]:
    for child in element:
        if _name(child.tag) == "category" and child.get("domain") == domain:
            yield unquote(child.get("nicename", "")), html.unescape((child.text or "").strip())


def _path(address: str) -> str:
    """Without scheme, host and query; "" for an address like “/?p=12”, which is the home page's to everybody else."""
    parts = split(address)
    return "" if parts.query else unquote(parts.path)


def _number(text: Any) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,15}", text) else 0


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:  # "0000-00-00 00:00:00": not yet
        return None
