"""Pictures: what the site shows, never what was uploaded."""

import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models.page import Page, slug_characters

#: a placed picture or gallery, as blocks.py reads it
_PLACED = re.compile(r"\[(?:bild|galerie):([^\]<>]*)\]", re.IGNORECASE)


def _placed_in(texts: Iterable[str]) -> Iterator[str]:
    return (name.strip() for text in texts for names in _PLACED.findall(text) for name in names.split(","))


_TELL = _("Say what the picture shows, or mark it as mere decoration.")


class ImageQuerySet(models.QuerySet["Image"]):
    def unused(self) -> Self:
        """Those that nothing shows, not even an earlier version of a page, a draft, or a page in the trash."""
        placed, leads = set(_placed_in(Page.objects.values_list("body", flat=True).iterator())), set()
        for content in Page.objects.exclude(revisions=None).values_list("revisions__content", flat=True).iterator():
            placed.update(_placed_in([content["body"]]))
            leads.add(content.get("picture"))
        kept = [UUID(key) for key in leads if key]
        return self.filter(leads=None, logo_of=None).exclude(name__in=placed).exclude(pk__in=kept)

    def to_encode(self) -> Self:
        """Those that lack the faster formats, the first uploaded first."""
        return self.filter(encoded_at=None).order_by("created_at")


class Image(models.Model):
    """One picture, stored in up to three widths under its random key: as JPEG or PNG, and as AVIF and WebP."""

    WIDTHS = (480, 960, 1600)  #: pixels
    FASTER = ("avif", "webp")  #: formats, the best first
    FOLDER = "images"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(
        _("name"),
        max_length=60,
        unique=True,
        validators=[slug_characters],
        help_text=_("Shows the picture in a text: a line of its own with [Bild: name]."),
    )
    alternative = models.CharField(
        _("what it shows"),
        max_length=250,
        blank=True,
        help_text=_("For everybody who cannot see the picture. Empty only if it merely decorates."),
    )
    is_decorative = models.BooleanField(_("merely decorates"), default=False)
    caption = models.CharField(_("caption"), max_length=250, blank=True)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    fallback_kind = models.CharField(
        max_length=3, choices=[("jpg", "JPEG"), ("png", "PNG")], default="jpg", editable=False
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    encoded_at = models.DateTimeField(null=True, editable=False)  #: since then the faster formats are there

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_decorative=True) ^ ~Q(alternative=""),
                name="picture_tells_what_it_shows",
                violation_error_message=_TELL,
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.is_decorative and self.alternative:
            raise ValidationError({"alternative": _("A picture that merely decorates has no description.")})
        if not self.is_decorative and not self.alternative:
            raise ValidationError({"alternative": _TELL})

    @classmethod
    def folder(cls) -> Path:
        return Path(settings.MEDIA_ROOT) / cls.FOLDER

    @property
    def widths(self) -> list[int]:
        """The stored widths in pixels, the smallest first; a small picture is never enlarged."""
        return sorted({min(width, self.width) for width in self.WIDTHS})

    def file(self, width: int, kind: str) -> Path:
        return self.folder() / self._file_name(width, kind)

    @property
    def source(self) -> Path:
        """The bare pixels, until the worker has made the faster formats of them. Never given out."""
        return self.folder() / f"{self.pk.hex}-source.png"

    def files(self) -> list[Path]:
        """All that may be there."""
        kinds = (self.fallback_kind, *self.FASTER)
        return [self.source, *(self.file(width, kind) for width in self.widths for kind in kinds)]

    def url(self, width: int, kind: str) -> str:
        return f"{settings.MEDIA_URL}{self.FOLDER}/{self._file_name(width, kind)}"

    def _file_name(self, width: int, kind: str) -> str:
        return f"{self.pk.hex}-{width}.{kind}"

    def source_set(self, kind: str) -> str:
        return ", ".join(f"{self.url(width, kind)} {width}w" for width in self.widths)

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Media type and `srcset` of each faster format that is there, the best first."""
        return [(f"image/{kind}", self.source_set(kind)) for kind in self.FASTER] if self.encoded_at else []

    @property
    def fallback_set(self) -> str:
        return self.source_set(self.fallback_kind)

    @property
    def fallback(self) -> str:
        return self.url(self.widths[-1], self.fallback_kind)

    @property
    def small(self) -> str:
        """For lists, and for a logo."""
        return self.url(self.widths[0], self.fallback_kind)
