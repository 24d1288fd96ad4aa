"""What is done to pages: saving with a version, restoring, the trash, the first pages."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image as Pillow

from sitebackend import retention, whole_file
from sitebackend.models import Operator, SiteSettings
from sitebackend.monitoring import clock
from sitebackend.pages import essential, pictures, version
from sitebackend.pages.markup import sanitise
from sitebackend.pages.models import DeadLink, Download, Image, Page, Revision
from sitebackend.pages.starter import EXAMPLE_BUSINESS, STARTER_PAGES, StarterPage


@transaction.atomic
def save_page(*, page: Page, author: Operator | None) -> None:
    """Save `page` and keep what it says as its newest version, if that is new."""
    page.save()
    content = Revision.content_of(page)
    newest = Revision.objects.of(page).first()
    if newest is None or newest.content != content:
        Revision.objects.create(page_id=page.pk, author=author, content=content)
        kept = Revision.objects.of(page).values("pk")[: Revision.KEPT]
        Revision.objects.of(page).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


@transaction.atomic
def publish(*, page: Page, author: Operator | None) -> None:
    """Save `page`, whose text comes from the editor and so replaces the one that waited."""
    save_page(page=page, author=author)
    discard_waiting_text(page=page)


def keep_waiting(*, page: Page, author: Operator | None, publish_at: datetime | None = None) -> None:
    """Keep what `page` says in memory for later. Its row, and what visitors see, stays as it is until `publish_at`."""
    page.body = sanitise(page.body)
    waiting = {"author": author, "content": Revision.content_of(page), "created_at": timezone.now()}
    Revision.objects.update_or_create(page_id=page.pk, is_waiting=True, defaults={**waiting, "publish_at": publish_at})


def publish_due(now: datetime) -> int:
    """The worker's job: drafts whose time has come replace what their pages say; gives how many."""
    return sum(_publish_if_due(key, now) for key in list(Revision.objects.due(now).values_list("pk", flat=True)))


@transaction.atomic
def _publish_if_due(key: UUID, now: datetime) -> bool:
    """Unless the operator discarded or rescheduled it in the meantime."""
    waiting = Revision.objects.select_for_update(of=("self",)).due(now).filter(pk=key).first()
    if waiting is None:
        return False
    waiting.lay_over(waiting.page)
    publish(page=waiting.page, author=waiting.author)
    return True


def discard_waiting_text(*, page: Page) -> None:
    Revision.objects.filter(page_id=page.pk, is_waiting=True).delete()


def restore_version(*, revision: Revision, author: Operator | None) -> None:
    """Let the page say again what it said then; what it says now stays as a version."""
    page = revision.page
    revision.lay_over(page)
    save_page(page=page, author=author)


@transaction.atomic
def forget_versions(*, page: Page) -> int:
    """Delete what the page said before, all but the newest version and what waits; returns how many."""
    earlier = Revision.objects.of(page).values_list("pk", flat=True)[1:]
    return Revision.objects.filter(pk__in=list(earlier)).delete()[0]


@transaction.atomic
def move_to_trash(*, page: Page) -> None:
    """Hide `page` from everybody; it can be restored for thirty days.

    Raises ValidationError if pages lie below it, or visitors or the law need it where it is.
    """
    essential.require_no_loss(page)
    if page.children.filter(trashed_at=None).exists():
        raise ValidationError(_("Pages lie below “{title}”. Move them first.").format(title=page.title))
    page.trashed_at = timezone.now()
    page.save()


@transaction.atomic
def restore_from_trash(*, page: Page) -> None:
    """Bring `page` back, as a draft. Raises ValidationError if its address has been taken since."""
    page.trashed_at = None
    page.status = Page.Status.DRAFT
    page.full_clean()
    page.save()


def _dead_links(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("dead links"), DeadLink.objects.before((now - retention.DEAD_LINKS).date()).count()


@clock.destroys_by_time(_dead_links)
def forget_dead_links(now: datetime) -> int:
    """The worker's job: links that nobody has followed for ninety days are mended or gone."""
    return DeadLink.objects.before((now - retention.DEAD_LINKS).date()).delete()[0]


def _trash_too_old(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("pages in the trash"), Page.objects.trashed().filter(trashed_at__lt=now - retention.PAGE_TRASH).count()


@clock.destroys_by_time(_trash_too_old)
def empty_trash(now: datetime) -> int:
    """The worker's job: pages that have lain in the trash for thirty days go, those below others first."""
    due = Page.objects.trashed().filter(trashed_at__lt=now - retention.PAGE_TRASH, children=None)
    return due.delete()[0]


@transaction.atomic
def add_picture(*, image: Image, upload: Pillow.Image) -> None:
    """Store what `pictures.read` made of an upload; the worker makes its faster formats."""
    image.width, image.height = upload.size
    image.fallback_kind = "png" if upload.mode == "RGBA" else "jpg"
    image.full_clean()
    pictures.store(image, upload)
    image.save()


def encode_pictures(now: datetime) -> int:
    """The worker's job: the faster formats of one picture a round, so that mail never waits for many.

    A picture whose files are gone keeps no other waiting. Raises its OSError once there is nothing else to do.
    """
    broken: OSError | None = None
    for image in Image.objects.to_encode():
        try:
            pictures.encode(image)
        except OSError as error:
            broken = error
            continue
        if Image.objects.filter(pk=image.pk).update(encoded_at=now):
            version.renew()
        return 1
    if broken:
        raise broken
    return 0


@transaction.atomic
def keep_download(*, download: Download, content: bytes) -> None:
    """Store what `downloads.read` gave, in the place of the file that was there. Raises ValidationError."""
    former = Download.objects.filter(pk=download.pk).first()
    download.size, download.digest = len(content), hashlib.sha256(content).hexdigest()
    download.stored_at = timezone.now()
    download.full_clean()
    download.folder().mkdir(parents=True, exist_ok=True)
    whole_file.write(download.file, content)
    download.save()
    if former and former.file != download.file:
        transaction.on_commit(partial(remove_files, [former.file]))


def remove_files(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _stray_files(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("files of pictures and downloads that no page has"), len(_old_stray_files(now))


@clock.destroys_by_time(_stray_files)
def remove_stray_files(now: datetime) -> int:
    """The worker's job: files of what was never saved, or is replaced or deleted, once they are a day old."""
    old = _old_stray_files(now)
    remove_files(old)
    return len(old)


def _old_stray_files(now: datetime) -> list[Path]:
    keys = {key.hex for key in Image.objects.values_list("pk", flat=True)}
    kept = {download.file for download in Download.objects.all()}
    stray = [path for path in Image.folder().glob("*") if path.name.split("-")[0] not in keys]
    stray += [path for path in Download.folder().glob("*") if path not in kept]
    return [path for path in stray if now.timestamp() - path.stat().st_mtime > 24 * 60 * 60]


@transaction.atomic
def create_starter_pages() -> int:
    """Give an empty site its example business and pages; a site that has any page is left alone.

    Returns the number of pages made.
    """
    if not SiteSettings.objects.exists():
        SiteSettings.objects.create(email=settings.OPERATOR_EMAIL, **EXAMPLE_BUSINESS)
    if Page.objects.exists():
        return 0
    made: dict[tuple[str, str], Page] = {}
    for language, _name in settings.LANGUAGES:
        for starter in STARTER_PAGES:
            made[language, starter.name] = _create(starter, language, made)
    return len(made)


def _create(starter: StarterPage, language: str, made: dict[tuple[str, str], Page]) -> Page:
    original = made.get((settings.LANGUAGE_CODE, starter.name)) if language != settings.LANGUAGE_CODE else None
    page = Page(
        language=language,
        parent=made.get((language, starter.parent)),
        slug=starter.slug[language],
        title=starter.title[language],
        description=starter.description[language],
        body=starter.body(language),
        template=starter.template,
        menu=starter.menu,
        menu_order=starter.menu_order,
        status=Page.Status.PUBLISHED,
        translation_of=original,
    )
    save_page(page=page, author=None)
    return page
