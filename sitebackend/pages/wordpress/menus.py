"""The menus of the old site: which entry places which page, and below which other page."""

from dataclasses import dataclass

from sitebackend.pages.wordpress.export import Export, Item


@dataclass(frozen=True, slots=True)
class Place:
    entry: Item
    above: int  #: WordPress's number of the page whose entry it stands below; 0: on the first level


def places(export: Export) -> dict[int, Place]:
    """By the number of the page. One that stands in several places keeps the first on the highest level."""
    entries = {entry.number: entry for entry in export.of_kind("nav_menu_item")}
    found: dict[int, Place] = {}
    for entry in sorted(entries.values(), key=lambda entry: _parent(entry) != 0):
        above = _page(entries.get(_parent(entry)))
        if (page := _page(entry)) and (above or not _parent(entry)):
            found.setdefault(page, Place(entry, above))
    return found


def _parent(entry: Item) -> int:
    return _number(entry.meta.get("_menu_item_menu_item_parent", ""))


def _page(entry: Item | None) -> int:
    """0 for one that leads elsewhere."""
    is_page = entry is not None and entry.meta.get("_menu_item_type") == "post_type"
    return _number(entry.meta.get("_menu_item_object_id", "")) if entry and is_page else 0


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
