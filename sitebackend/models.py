"""The two things everybody here shares: who may come in, and the business whose site this is."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _


class Operator(AbstractUser):
    """A person who may use the admin. Its key is a UUID, as every personal row's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")


class State(models.TextChoices):
    """The German states, by their ISO 3166-2 codes: each has public holidays of its own."""

    BW = "BW", "Baden-Württemberg"
    BY = "BY", "Bayern"
    BE = "BE", "Berlin"
    BB = "BB", "Brandenburg"
    HB = "HB", "Bremen"
    HH = "HH", "Hamburg"
    HE = "HE", "Hessen"
    MV = "MV", "Mecklenburg-Vorpommern"
    NI = "NI", "Niedersachsen"
    NW = "NW", "Nordrhein-Westfalen"
    RP = "RP", "Rheinland-Pfalz"
    SL = "SL", "Saarland"
    SN = "SN", "Sachsen"
    ST = "ST", "Sachsen-Anhalt"
    SH = "SH", "Schleswig-Holstein"
    TH = "TH", "Thüringen"
    __empty__ = _("not given: only the holidays of all states count")


class SiteSettings(models.Model):
    """The business data that header, footer, imprint, contact page, notice and letters share: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    business_name = models.CharField(_("business name"), max_length=200)
    claim = models.CharField(_("claim"), max_length=200, blank=True, help_text=_("One short line below the name."))
    owner = models.CharField(_("owner"), max_length=200, help_text=_("First and last name, as § 5 DDG asks."))
    street = models.CharField(_("street and number"), max_length=200)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=100)
    country = models.CharField(_("country"), max_length=100, default="Deutschland")
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    email = models.EmailField(_("e-mail address"), help_text=_("Stands in the imprint and on the contact page."))
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    supervisory_authority = models.CharField(
        _("supervisory authority"),
        max_length=300,
        blank=True,
        help_text=_("The data protection authority of your state; stands in the notice and in letters."),
    )
    federal_state = models.CharField(
        _("federal state"),
        max_length=2,
        blank=True,
        choices=State.choices,
        help_text=_("Its public holidays count when the deadline of a request falls on one."),
    )
    opening_hours = models.TextField(_("opening hours"), blank=True, help_text=_("One line each."))

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_site_settings")]

    def __str__(self) -> str:
        return self.business_name

    @classmethod
    def current(cls) -> "SiteSettings":
        """The one row; before the set-up has made it, an unsaved one with empty fields."""
        return cls.objects.first() or cls()


def site_settings(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `site` in every template, read when first used."""
    return {"site": SimpleLazyObject(SiteSettings.current)}
