"""Takes an export over: first everything is planned and converted, then written, page by page.

A second run finds what the first has made by its key. It renews what nobody has edited since, and leaves the rest
alone; so it may be repeated, after a cut or with more uploads at hand.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend.pages import markup, services
from sitebackend.pages.models import Category, Download, Image, Page, Redirect, Revision
from sitebackend.pages.slugs import slug_of
from sitebackend.pages.wordpress import files as linked
from sitebackend.pages.wordpress import media as uploads
from sitebackend.pages.wordpress.export import Export, Item
from sitebackend.pages.wordpress.folder import Folder
from sitebackend.pages.wordpress.links import Links
from sitebackend.pages.wordpress.plan import Plan, Planned
from sitebackend.pages.wordpress.text import Surroundings, convert

Progress = Callable[[str, int, int], None]
_FOOTER_WORDS = ("foot", "fuss", "fuß", "unten", "meta", "legal", "recht")
_NO_TOPIC = {"uncategorized", "uncategorised", "allgemein", "unkategorisiert"}
#: kinds of WordPress's own that hold nothing a visitor reads, and those that are taken over
_SILENT = {
    *("page", "post", "attachment", "nav_menu_item", "wp_block", "revision", "custom_css", "customize_changeset"),
    *("oembed_cache", "wp_global_styles", "wp_navigation", "wp_template", "wp_template_part", "wp_font_family"),
    *("wp_font_face", "user_request"),
}


@dataclass(slots=True)
class Report:
    """How many things were, or in a dry run would be, taken over; and what the operator should know."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Converted:
    page: Planned
    body: str
    picture: uploads.Picture | None


class Import:
    def __init__(self, export: Export, folder: Path | None) -> None:
        self._export = export
        self._plan = Plan(export)
        files = Folder(folder)
        self._media = uploads.Media(export, files)
        self._files = linked.Files(export, files)
        self._links = Links(export, self._plan, self._files)
        self._blocks = {item.number: item.content for item in export.of_kind("wp_block")}
        self._around = Surroundings(
            picture=lambda address, words: _name(self._media.by_address(address, words)),
            picture_number=lambda number: _name(self._media.by_number(number)),
            caption=self._caption,
            link=self._links,
            reused=lambda number: self._blocks.get(number, ""),
        )
        self._converted = [self._convert(page) for page in self._plan.pages.values()]

    def preview(self) -> Report:
        """What `run` would do. Nothing is written."""
        report = Report()
        for converted in self._converted:
            report.counts[self._what_happens(converted)] += 1
        known = set(Image.objects.values_list("pk", flat=True))
        report.counts["pictures"] = sum(picture.key not in known for picture in self._media.wanted.values())
        stored = set(Download.objects.values_list("pk", flat=True))
        report.counts["downloads"] = sum(file.download.pk not in stored for file in self._files.wanted.values())
        report.notes += self._notes()
        return report

    def run(self, progress: Progress) -> Report:
        report = Report()
        for done, picture in enumerate(self._media.wanted.values(), start=1):
            self._store(picture, report)
            progress(_("pictures"), done, len(self._media.wanted))
        for file in self._files.wanted.values():
            self._store_file(file, report)
        for done, converted in enumerate(self._converted, start=1):
            self._write(converted, report)
            progress(_("pages"), done, len(self._converted))
        report.notes += self._notes()
        return report

    # --- planning

    def _convert(self, page: Planned) -> _Converted:
        lead = page.item.meta.get("_thumbnail_id", "")
        picture = self._media.by_number(int(lead)) if lead.isdecimal() else None
        return _Converted(page, convert(page.item.content, self._around), picture)

    def _caption(self, name: str, words: str) -> None:
        for picture in self._media.wanted.values():
            if picture.name == name:
                picture.caption = picture.caption or words

    def _what_happens(self, converted: _Converted) -> str:
        known = converted.page.known
        if known is None:
            return "new"
        if known.trashed_at or Revision.objects.filter(page_id=known.pk).exclude(author=None).exists():
            return "edited"
        picture = converted.picture.key if converted.picture else None
        return "same" if (known.body, known.picture_id) == (converted.body, picture) else "renewed"

    # --- writing

    def _store(self, picture: uploads.Picture, report: Report) -> None:
        is_new = not Image.objects.filter(pk=picture.key).exists()
        if why := uploads.store(picture):
            report.notes.append(f"{picture.old_path}: {why}")
            return
        report.counts["pictures"] += is_new
        image = Image.objects.get(pk=picture.key)
        _lead_on(picture.old_path, target=image.fallback)

    def _store_file(self, file: linked.Linked, report: Report) -> None:
        is_new = file.download._state.adding
        if why := linked.store(file):
            report.notes.append(f"{file.old_path}: {why}")
            return
        report.counts["downloads"] += is_new
        _lead_on(file.old_path, target=file.download.get_absolute_url())

    def _write(self, converted: _Converted, report: Report) -> None:
        what = self._what_happens(converted)
        try:
            with transaction.atomic():
                if what == "new":
                    self._create(converted)
                elif what == "renewed":
                    self._renew(converted)
        except ValidationError as error:
            report.notes.append(f"„{converted.page.item.title}“: {' '.join(error.messages)}")
        else:
            report.counts[what] += 1

    def _create(self, converted: _Converted) -> None:
        planned, item = converted.page, converted.page.item
        page = Page(
            pk=planned.key,
            language=self._plan.language,
            parent=self._news() if item.kind == "post" else self._above(planned),
            slug=planned.slug,
            title=item.title[:200] or _("Untitled"),
            description=_description(item),
            body=converted.body,
            picture=_stored(converted.picture),
            template=Page.Template.POST if item.kind == "post" else Page.Template.STANDARD,
            status=planned.status,
            published_at=item.published_at,
            **self._menu_place(item),
        )
        page.full_clean(exclude=["id"])
        services.save_page(page=page, author=None)
        page.categories.set(self._topics(item))
        if item.path.strip("/") and item.path != page.get_absolute_url():
            _lead_on(item.path, page=page)
        planned.known = page

    def _renew(self, converted: _Converted) -> None:
        page = converted.page.known
        assert page is not None  # noqa: S101 - what happens is "renewed" only for a page that is there
        page.body, page.picture = converted.body, _stored(converted.picture)
        services.save_page(page=page, author=None)

    def _above(self, planned: Planned) -> Page | None:
        return planned.parent.known if planned.parent else None

    def _news(self) -> Page:
        """The list that posts lie below; made, if the site has none yet."""
        if self._plan.news is None:
            title = "Aktuelles" if self._plan.language == "de" else "News"
            page = Page(language=self._plan.language, slug=self._plan.news_path, title=title)
            page.template, page.status = Page.Template.POSTS, Page.Status.PUBLISHED
            page.full_clean()
            services.save_page(page=page, author=None)
            self._plan.news = page
        return self._plan.news

    def _topics(self, item: Item) -> list[Category]:
        wanted = {slug_of(slug or title): title[:60] for slug, title in item.topics}
        return [
            Category.objects.get_or_create(language=self._plan.language, slug=slug, defaults={"title": title})[0]
            for slug, title in wanted.items()
            if slug and slug not in _NO_TOPIC
        ]

    def _menu_place(self, item: Item) -> dict[str, object]:
        place = self._plan.menus.get(item.number)
        if place is None:
            return {}
        entry = place.entry
        is_footer = any(word in entry.menu.lower() for word in _FOOTER_WORDS)
        title = entry.title[:60] if entry.title and entry.title != item.title else ""
        menu = Page.Menu.FOOTER if is_footer else Page.Menu.MAIN
        return {"menu": menu, "menu_order": min(entry.order * 10, 30_000), "navigation_title": title}

    # --- telling

    def _notes(self) -> Iterator[str]:
        yield from (page.why_draft for page in self._plan.pages.values() if page.why_draft)
        others = len(self._export.of_kind("nav_menu_item")) - len(self._plan.menus)
        if others:
            yield _("Menu entries that lead elsewhere, stand below such, or repeat a page, left out: {count}").format(
                count=others
            )
        if comments := sum(item.comments for item in self._export.items):
            yield _("Comments, left out because they are other people's data: {count}").format(count=comments)
        kinds = Counter(item.kind for item in self._export.items if item.kind not in _SILENT)
        for kind, count in sorted(kinds.items()):
            yield _("Entries of the kind “{kind}”, left out: {count}").format(kind=kind, count=count)
        yield from _each(_("Plugins' shortcodes, left out (what stood between them stays):"), self._around.left_out)
        yield from _each(_("Pictures that are not in the folder:"), self._media.missing)
        yield from _each(_("Pictures on other hosts, left out:"), self._media.elsewhere)
        yield from _each(_("Pictures without a description; please write one:"), self._undescribed())
        yield from _each(_("PDFs that are not in the folder:"), self._files.missing)
        yield from _each(_("Files that are no PDF, left out (save them as PDF and upload them):"), self._files.others)
        yield from _each(_("Addresses that texts link to and that nothing answers here:"), self._links.dead)

    def _undescribed(self) -> set[str]:
        return {picture.name for picture in self._media.wanted.values() if not picture.alternative}


def _each(words: str, things: set[str]) -> list[str]:
    return [f"{words} {', '.join(sorted(things))}"] if things else []


def _name(picture: uploads.Picture | None) -> str | None:
    return picture.name if picture else None


def _stored(picture: uploads.Picture | None) -> Image | None:
    return Image.objects.filter(pk=picture.key).first() if picture else None


def _description(item: Item) -> str:
    words = markup.plain_text(item.excerpt or item.meta.get("_yoast_wpseo_metadesc", ""))
    return words if len(words) <= 300 else words[:299].rpartition(" ")[0] + "…"


def _lead_on(path: str, *, page: Page | None = None, target: str = "") -> None:
    """An old address, unless it leads somewhere already or could be none of ours."""
    redirect = Redirect(path=path, page=page, target=target)
    if Redirect.objects.filter(path=path).exists():
        return
    try:
        redirect.full_clean()
    except ValidationError:
        return
    redirect.save()
