"""Files that visitors take with them: price lists, terms, forms to fill in."""

import re
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models.page import Page, slug_characters

#: a link to one, or one placed by blocks.py
_LINKED = re.compile(r"/media/files/([a-z0-9-]+)\.pdf|\[datei:\s*([a-z0-9-]+)\s*\]", re.IGNORECASE)


def _linked_in(texts: Iterable[str]) -> set[str]:
    return {name.lower() for text in texts for pair in _LINKED.findall(text) for name in pair if name}


class DownloadQuerySet(models.QuerySet["Download"]):
    def unused(self) -> Self:
        """Those that nothing links to, not even an earlier version of a page, a draft, or a page in the trash."""
        bodies = Page.objects.values_list("body", flat=True)
        versions = Page.objects.exclude(revisions=None).values_list("revisions__content__body", flat=True)
        return self.exclude(name__in=_linked_in(bodies.iterator()) | _linked_in(versions.iterator()))


class Download(models.Model):
    """One PDF. Another file may take its place; its address stays."""

    FOLDER = "files"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("title"), max_length=120, help_text=_("What visitors read, as in “Price list 2027”."))
    name = models.CharField(
        _("name in the address"),
        max_length=60,
        unique=True,
        validators=[slug_characters],
        help_text=_("Stays, even when another file takes this one's place. Empty: made from the title."),
    )
    size = models.PositiveIntegerField(_("size"), editable=False)  #: bytes
    digest = models.CharField(max_length=64, editable=False)  #: SHA-256 of the file
    stored_at = models.DateTimeField(_("uploaded"), editable=False)

    objects = DownloadQuerySet.as_manager()

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["-stored_at"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("download", args=[self.name])

    @classmethod
    def folder(cls) -> Path:
        return Path(settings.MEDIA_ROOT) / cls.FOLDER

    @property
    def file(self) -> Path:
        """Another content has another name: until the row says otherwise, the former file is the one."""
        return self.folder() / f"{self.pk.hex}-{self.digest[:32]}.pdf"
