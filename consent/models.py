"""What django-cookie-consent's groups lack: wordings per language, agreed hosts, kept editions, counts.

Nobody's choice is in here. It stays with the visitor, in the cookie, together with the edition that it
answers; here are the editions with their dates, and how often each was answered how.
"""

from datetime import datetime
from typing import Any

from cookie_consent.models import CookieGroup
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

validate_host = RegexValidator(
    r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
    _("Enter a host name as in www.example.org, without https:// and without a path."),
)
PROVIDER_OF_ITS_OWN = _("One group is one provider. Give this host a group of its own, or name the same provider.")
validate_path = RegexValidator(r"^/[^\s?#]*$", _("Enter the beginning of a path as in /embed/."))


class Group(CookieGroup):
    """django-cookie-consent's group, under a name of ours in the admin."""

    class Meta:
        proxy = True
        verbose_name = _("group")
        verbose_name_plural = _("groups")


class BannerWording(models.Model):
    """The question itself, in one language."""

    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, unique=True)
    title = models.CharField(_("question"), max_length=100)
    text = models.TextField(_("explanation"), max_length=600)

    class Meta:
        verbose_name = _("banner wording")
        verbose_name_plural = _("banner wordings")
        ordering = ["language"]

    def __str__(self) -> str:
        return self.title


class GroupWording(models.Model):
    """What one group is, in one language."""

    group = models.ForeignKey(CookieGroup, models.CASCADE, related_name="wordings", verbose_name=_("group"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    name = models.CharField(_("name"), max_length=100)
    purpose = models.TextField(_("purpose"))
    provider = models.CharField(_("provider"), max_length=300, help_text=_("Who receives data, and in which country."))
    lifetime = models.CharField(_("lifetime"), max_length=300, help_text=_("How long it stays on the device."))

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        ordering = ["language"]
        constraints = [models.UniqueConstraint(fields=["group", "language"], name="one_wording_per_language")]

    def __str__(self) -> str:
        return self.name


class ExternalHost(models.Model):
    """A host that pages may load from once its group is accepted, and no other. One group is one provider."""

    group = models.ForeignKey(CookieGroup, models.CASCADE, related_name="hosts", verbose_name=_("group"))
    host = models.CharField(_("host"), max_length=253, unique=True, validators=[validate_host])
    path = models.CharField(
        _("what can be shown"),
        max_length=200,
        blank=True,
        validators=[validate_path],
        help_text=_(
            "How the addresses begin that can be shown inside a page, as in /embed/. A link to any other address of "
            "this host stays a link. Empty: every address can be shown."
        ),
    )
    provider = models.CharField(_("provider"), max_length=200, help_text=_("Company and country."))
    privacy_url = models.CharField(
        _("provider's privacy notice"), max_length=300, blank=True, validators=[URLValidator(["https"])]
    )

    class Meta:
        verbose_name = _("external host")
        verbose_name_plural = _("external hosts")
        ordering = ["host"]

    def __str__(self) -> str:
        return self.host

    def clean(self) -> None:
        """Visitors agree to one provider at a time, so a second one needs a group of its own."""
        others = ExternalHost.objects.filter(group_id=self.group_id).exclude(pk=self.pk)
        if self.group_id and others.exclude(provider=self.provider).exists():
            raise ValidationError({"provider": PROVIDER_OF_ITS_OWN})


class EditionQuerySet(models.QuerySet["Edition"]):
    def newest(self) -> "Edition | None":
        return self.order_by("-number").first()


class Edition(models.Model):
    """Everything that visitors were asked and told, in all languages, from `shown_from` until the next edition."""

    number = models.PositiveIntegerField(_("number"), primary_key=True)
    digest = models.CharField(_("mark in the cookie"), max_length=16, db_index=True)
    content = models.JSONField(_("wording"))
    shown_from = models.DateTimeField(_("shown from"))

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition of the wording")
        verbose_name_plural = _("editions of the wording")
        ordering = ["-number"]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def shown_until(self) -> datetime | None:
        """When the next edition took over; None for the present one."""
        following = Edition.objects.filter(number__gt=self.number).order_by("number").first()
        return following.shown_from if following else None

    def in_language(self, language: str) -> dict[str, Any]:
        words: dict[str, Any] = self.content[language]
        return words


class Decision(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")


class DailyCount(models.Model):
    """How often one edition's group was decided in one way on one day: a number, nobody's."""

    day = models.DateField(_("day"))
    digest = models.CharField(_("edition"), max_length=16)
    group = models.CharField(_("group"), max_length=32)
    decision = models.CharField(_("decision"), max_length=8, choices=Decision)
    count = models.PositiveIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("count of choices")
        verbose_name_plural = _("counts of choices")
        ordering = ["-day", "group", "decision"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "digest", "group", "decision"], name="one_count_per_day_and_decision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.group} {self.decision}: {self.count}"
