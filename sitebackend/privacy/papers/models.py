"""The papers that the law wants kept: versions of the Art. 30 record, and the register of breaches (Art. 33(5))."""

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.privacy import deadlines
from sitebackend.privacy.notice.models import DatedVersion
from sitebackend.privacy.papers.account import Account, seal, unseal
from sitebackend.references import LENGTH, new_reference


class RecordVersionQuerySet(models.QuerySet["RecordVersion"]):
    def newest(self) -> "RecordVersion | None":
        return self.order_by("-number").first()


class RecordVersion(DatedVersion):
    """The record of processing activities, in the site's language."""

    objects = RecordVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("record of processing activities")
        verbose_name_plural = _("record of processing activities")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["number"], name="one_record_per_number")]

    def __str__(self) -> str:
        return str(self.number)

    def activities(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Each activity's title and what is said of it: (heading, value)."""
        headings = self.content["headings"][1:]
        return [(title, list(zip(headings, said, strict=True))) for title, *said in self.content["activities"]]


class Risk(models.TextChoices):
    """What the breach may mean for the persons (Art. 33(1), 34(1))."""

    UNLIKELY = "unlikely", _("a risk is unlikely")
    RISK = "risk", _("a risk")
    HIGH = "high", _("a high risk")
    __empty__ = _("not judged yet")


class NotTold(models.TextChoices):
    """Why the persons need not be told although the risk is high (Art. 34(3))."""

    ENCRYPTED = "encrypted", _("the data were encrypted and stay unreadable (a)")
    AVERTED = "averted", _("measures taken since avert the high risk (b)")
    PUBLIC = "public", _("it would be disproportionate; there is a public notice instead (c)")


class BreachQuerySet(models.QuerySet["Breach"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def undecided(self) -> Self:
        """Neither reported to the authority nor judged to be no risk: the 72 hours run."""
        return self.open().filter(reported_at=None).exclude(risk=Risk.UNLIKELY)

    def to_tell(self) -> Self:
        """The persons must be told (Art. 34), and were not, and no ground to leave it is on record."""
        return self.open().filter(risk=Risk.HIGH, told_at=None, not_told="")


class Breach(models.Model):
    """One breach of the security of personal data. What happened is told in sealed words, see `account`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=LENGTH, unique=True, default=new_reference, editable=False)
    noticed_at = models.DateTimeField(
        _("noticed"), help_text=_("When you became reasonably certain of it. The 72 hours are counted from here.")
    )
    began_at = models.DateTimeField(_("it began"), null=True, blank=True, help_text=_("As far as it is known."))
    ended_at = models.DateTimeField(_("it ended"), null=True, blank=True)
    confidentiality = models.BooleanField(_("strangers could see data"), default=False)
    integrity = models.BooleanField(_("data were changed"), default=False)
    availability = models.BooleanField(_("data were lost or out of reach"), default=False)
    persons = models.PositiveIntegerField(_("number of persons, about"), null=True, blank=True)
    records = models.PositiveIntegerField(_("number of records, about"), null=True, blank=True)
    risk = models.CharField(_("risk for the persons"), max_length=10, choices=Risk, blank=True)
    reported_at = models.DateTimeField(_("reported to the authority"), null=True, blank=True)
    authority_reference = models.CharField(_("reference of the authority"), max_length=100, blank=True)
    told_at = models.DateTimeField(_("persons told"), null=True, blank=True)
    not_told = models.CharField(_("why they are not told"), max_length=10, choices=NotTold, blank=True)
    sealed = models.BinaryField(editable=False)

    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    reminded_at_hours = models.SmallIntegerField(null=True, editable=False)

    objects = BreachQuerySet.as_manager()

    class Meta:
        verbose_name = _("breach")
        verbose_name_plural = _("register of breaches")
        ordering = ["-noticed_at"]
        constraints = [
            models.CheckConstraint(
                name="breach_reported_after_noticed",
                condition=Q(reported_at=None) | Q(reported_at__gte=models.F("noticed_at")),
                violation_error_message=_("It cannot have been reported before it was noticed."),
            ),
            models.CheckConstraint(
                name="breach_ended_after_it_began",
                condition=Q(began_at=None) | Q(ended_at=None) | Q(ended_at__gte=models.F("began_at")),
                violation_error_message=_("It cannot have ended before it began."),
            ),
            models.CheckConstraint(
                name="breach_closed_only_when_decided",
                condition=Q(closed_at=None) | Q(risk=Risk.UNLIKELY) | Q(reported_at__isnull=False) & ~Q(risk=""),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.sealed:
            self.take(Account())
        super().save(*args, **kwargs)

    @property
    def account(self) -> Account:
        """What happened, in words. Raises SealingError if the row was altered."""
        return unseal(bytes(self.sealed), self.pk) if self.sealed else Account()

    def take(self, account: Account) -> None:
        self.sealed = seal(account, self.pk)

    @property
    def report_by(self) -> datetime:
        """When the 72 hours of Art. 33(1) end (aware, UTC)."""
        return deadlines.hours_after(self.noticed_at, deadlines.REPORT_HOURS)

    def hours_left(self, now: datetime) -> int:
        """Whole hours until then, negative once it is over."""
        return int((self.report_by - now).total_seconds() // 3600)

    @property
    def is_late(self) -> bool:
        """Reported after the 72 hours: the reasons must be told (Art. 33(1), second sentence)."""
        return self.reported_at is not None and self.reported_at > self.report_by
