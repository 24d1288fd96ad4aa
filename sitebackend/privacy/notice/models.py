"""Every privacy notice that visitors have read, with the dates between which it stood."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class NoticeVersionQuerySet(models.QuerySet["NoticeVersion"]):
    def newest(self, language: str) -> "NoticeVersion | None":
        return self.filter(language=language).order_by("-number").first()


class NoticeVersion(models.Model):
    """One notice in one language: the operator's own paragraphs and the facts, as they stood from `valid_from`."""

    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    number = models.PositiveIntegerField(_("number"))
    digest = models.CharField(_("digest"), max_length=64)
    content = models.JSONField(_("content"))
    valid_from = models.DateTimeField(_("valid from"))

    objects = NoticeVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the privacy notice")
        verbose_name_plural = _("versions of the privacy notice")
        ordering = ["language", "-number"]
        constraints = [models.UniqueConstraint(fields=["language", "number"], name="one_notice_per_number")]

    def __str__(self) -> str:
        return f"{self.language} {self.number}"

    @property
    def valid_until(self) -> datetime | None:
        """When the next version took over; None for the present one."""
        later = NoticeVersion.objects.filter(language=self.language, number__gt=self.number)
        following = later.order_by("number").first()
        return following.valid_from if following else None
