"""Decides, before anything is written: which entries come, where they will stand, and who may see them."""

from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import override

from sitebackend.pages.models import RESERVED, Page
from sitebackend.pages.slugs import numbered, slug_of
from sitebackend.pages.wordpress.export import Export, Item
from sitebackend.pages.wordpress.menus import places
from sitebackend.pages.wordpress.names import key_of

_PUBLIC = {"publish", "future"}  # a future one has its time still to come
_WANTED = _PUBLIC | {"draft", "pending", "private"}
_NEWS = ("aktuelles", "neuigkeiten", "beitraege", "blog")


@dataclass(slots=True)
class Planned:
    """A page to be, or one that an earlier run has made."""

    item: Item
    key: UUID
    path: str  #: as in Page.path
    parent: "Planned | None"
    status: str
    why_draft: str  #: in words; "" if it is none, or was one there
    known: Page | None

    @property
    def slug(self) -> str:
        return self.path.rpartition("/")[2]


class Plan:
    """`pages` holds those above before those below, by WordPress's number."""

    def __init__(self, export: Export) -> None:
        self.language = _language(export.language)
        lists = Page.objects.kept().filter(template=Page.Template.POSTS, language=self.language)
        self.news = lists.order_by("created_at").first()
        self.pages: dict[int, Planned] = {}
        self.menus = places(export)
        self._host = export.host
        self._items = {item.number: item for item in export.of_kind("page", "post") if item.status in _WANTED}
        self._known = {page.pk: page for page in Page.objects.all()}
        kept = Page.objects.kept().filter(language=self.language)
        self._taken: dict[str, UUID | None] = dict(kept.values_list("path", "pk"))
        self.news_path = self.news.path if self.news else next(filter(self._is_free, _NEWS))
        self._taken.setdefault(self.news_path, None)
        for item in self._items.values():
            self._add(item, set())

    def address(self, planned: Planned) -> str:
        start = "" if self.language == settings.LANGUAGE_CODE else f"/{self.language}"
        return planned.known.get_absolute_url() if planned.known else f"{start}/{planned.path}/"

    def _add(self, item: Item, below: set[int]) -> Planned:
        if item.number in self.pages:
            return self.pages[item.number]
        parent = self._parent(item, below | {item.number})
        key = key_of(self._host, item.number)
        above = self.news_path if item.kind == "post" else parent.path if parent else ""
        known = self._known.get(key)
        path = known.path if known else self._free_path(above, item, key)
        why = "" if known else self._why_draft(item, path)
        status = Page.Status.PUBLISHED if item.status in _PUBLIC and not why else Page.Status.DRAFT
        planned = Planned(item, key, path, parent, status, why, known)
        self.pages[item.number] = planned
        return planned

    def _parent(self, item: Item, below: set[int]) -> Planned | None:
        """The page above, or else above it in the menu; none for a post, nor where the export leads in a circle."""
        place = self.menus.get(item.number)
        above = self._items.get(item.parent or (place.above if place else 0))
        if item.kind == "post" or above is None or above.kind != "page" or above.number in below:
            return None
        return self._add(above, below)

    def _free_path(self, above: str, item: Item, key: UUID) -> str:
        stem = slug_of(item.slug or item.title) or f"seite-{item.number}"
        names = islice(numbered(stem), 999)
        free = next(name for name in names if self._is_free(f"{above}/{name}" if above else name))
        path = f"{above}/{free}" if above else free
        self._taken[path] = key
        return path

    def _is_free(self, path: str) -> bool:
        return path not in self._taken and path.split("/")[0] not in RESERVED and self._leads_to_pages(path)

    def _leads_to_pages(self, path: str) -> bool:
        with override(self.language):
            start = "" if self.language == settings.LANGUAGE_CODE else f"/{self.language}"
            try:
                return resolve(f"{start}/{path}/").view_name == "pages:page"
            except Resolver404:
                return False

    def _why_draft(self, item: Item, path: str) -> str:
        """Public only what was public there, under the name it had there."""
        names = {"title": item.title, "address": f"/{path}/"}
        if item.status not in _PUBLIC:
            return _("“{title}” was private: a draft.").format(**names) if item.status == "private" else ""
        if item.is_protected:
            return _("“{title}” asked for a password: a draft.").format(**names)
        if item.path in ("", "/"):
            return _("The home page “{title}” is a draft at {address}: copy what you want to keep.").format(**names)
        if path.rpartition("/")[2] != slug_of(item.slug or item.title):
            return _("Its address was taken: “{title}” is a draft at {address}.").format(**names)
        return ""


def _language(tag: str) -> str:
    code = tag[:2].lower()
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
