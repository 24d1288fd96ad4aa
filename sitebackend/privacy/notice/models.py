"""Papers that change with the site, each version with the dates between which it stood.

Here the privacy notices that visitors have read; the record of processing activities is kept the same way.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DatedVersion(models.Model):
    """A paper as it stood from `valid_from` until the next version of it took over."""

    number = models.PositiveIntegerField(_("number"))
    digest = models.CharField(_("digest"), max_length=64)
    content = models.JSONField(_("content"))
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        abstract = True

    @classmethod
    def after(cls, newest: Self | None, content: Any, **values: Any) -> Self:
        """The newest version if it says just this, or the one that follows it, unsaved."""
        digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        if newest and newest.digest == digest:
            return newest
        number = newest.number + 1 if newest else 1
        return cls(number=number, digest=digest, content=content, valid_from=timezone.now(), **values)

    def all_of_it(self) -> models.QuerySet[Self]:
        """Every version of the same paper."""
        return type(self)._default_manager.all()

    @property
    def valid_until(self) -> datetime | None:
        """When the next version took over; None for the present one."""
        following = self.all_of_it().filter(number__gt=self.number).order_by("number").first()
        return following.valid_from if following else None


class NoticeVersionQuerySet(models.QuerySet["NoticeVersion"]):
    def newest(self, language: str) -> "NoticeVersion | None":
        return self.filter(language=language).order_by("-number").first()


class NoticeVersion(DatedVersion):
    """One notice in one language: the operator's own paragraphs and the facts."""

    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)

    objects = NoticeVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the privacy notice")
        verbose_name_plural = _("versions of the privacy notice")
        ordering = ["language", "-number"]
        constraints = [models.UniqueConstraint(fields=["language", "number"], name="one_notice_per_number")]

    def __str__(self) -> str:
        return f"{self.language} {self.number}"

    def all_of_it(self) -> models.QuerySet[Self]:
        return super().all_of_it().filter(language=self.language)
