"""Pictures: what the site shows, never what was uploaded."""

import uuid
from pathlib import Path
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models.page import Page, slug_characters


class ImageQuerySet(models.QuerySet["Image"]):
    def unused(self) -> Self:
        """Those that no page shows, not even an earlier version or one in the trash."""
        texts = "\n".join(Page.objects.filter(body__contains="[").values_list("body", flat=True))
        return self.filter(leads=None).exclude(name__in=[image.name for image in self if image.name in texts])


class Image(models.Model):
    """One picture, stored in up to three widths as WebP and JPEG under its random key."""

    WIDTHS = (480, 960, 1600)  #: pixels
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
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_decorative=True) ^ ~Q(alternative=""),
                name="picture_tells_what_it_shows",
                violation_error_message=_("Say what the picture shows, or mark it as mere decoration."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.is_decorative and self.alternative:
            raise ValidationError({"alternative": _("A picture that merely decorates has no description.")})

    @classmethod
    def folder(cls) -> Path:
        return Path(settings.MEDIA_ROOT) / cls.FOLDER

    @property
    def widths(self) -> list[int]:
        """The stored widths in pixels, the smallest first; a small picture is never enlarged."""
        return sorted({min(width, self.width) for width in self.WIDTHS})

    def file_name(self, width: int, kind: str) -> str:
        return f"{self.pk.hex}-{width}.{kind}"

    def files(self) -> list[Path]:
        return [self.folder() / self.file_name(width, kind) for width in self.widths for kind in ("webp", "jpg")]

    def url(self, width: int, kind: str) -> str:
        return f"{settings.MEDIA_URL}{self.FOLDER}/{self.file_name(width, kind)}"

    def source_set(self, kind: str) -> str:
        return ", ".join(f"{self.url(width, kind)} {width}w" for width in self.widths)

    @property
    def webp_set(self) -> str:
        return self.source_set("webp")

    @property
    def jpeg_set(self) -> str:
        return self.source_set("jpg")

    @property
    def fallback(self) -> str:
        return self.url(self.widths[-1], "jpg")
