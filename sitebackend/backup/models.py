"""What is known of the backups that were tried: when, where to, and what became of them. No personal data."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

DATED_AHEAD = timedelta(days=1)  # further ahead of the clock no backup was made, unless the clock was wrong then


class BackupQuerySet(models.QuerySet["Backup"]):
    def whole(self) -> "BackupQuerySet":
        """Those that were written to at least one medium and read back."""
        return self.filter(verified_at__isnull=False)

    def until(self, now: datetime) -> "BackupQuerySet":
        """Without those that a wrong clock dated ahead."""
        return self.filter(created_at__lte=now + DATED_AHEAD)

    def latest_whole(self) -> "Backup | None":
        return self.whole().order_by("created_at").last()

    def latest_drill(self, now: datetime) -> datetime | None:
        """When a backup was last restored for trial (aware, UTC); not by a clock that was ahead."""
        last = self.filter(drilled_at__lte=now + DATED_AHEAD).order_by("drilled_at").last()
        return last.drilled_at if last else None

    def lies_on(self, medium: str, *, since: datetime) -> bool:
        """Whether one that was made since then is on this medium."""
        return any(medium in backup.media for backup in self.whole().filter(created_at__gte=since))


class Backup(models.Model):
    """One try; `failure` is empty if it succeeded."""

    created_at = models.DateTimeField(_("made"), unique=True)
    name = models.CharField(_("file"), max_length=100)
    size = models.BigIntegerField(_("bytes"), default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    journal_number = models.PositiveBigIntegerField(_("line of the erasure journal"), default=0)
    media: Any = models.JSONField(_("media"), default=list, help_text=_("The folders that hold it."))
    missed: Any = models.JSONField(_("missing on"), default=dict, help_text=_("The other media, each with the reason."))
    database_damaged = models.BooleanField(_("database damaged"), default=False)
    verified_at = models.DateTimeField(_("read back"), null=True)
    drilled_at = models.DateTimeField(_("restored for trial"), null=True)
    failure = models.TextField(_("failure"), blank=True)

    objects = BackupQuerySet.as_manager()

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name
