"""Addresses that are no page's any more: where they lead now, and which the site itself still links to."""

from datetime import date
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models.page import Page


class Redirect(models.Model):
    """An old address. It is asked only where no page answers, so a new page at the old place wins."""

    path = models.CharField(
        _("old address"),
        max_length=450,
        unique=True,
        validators=[RegexValidator(r"^/[^?#\s]*$", _("An address on this site, beginning with a slash."))],
        help_text=_("On this site, as in “/preise/” or “/alt.html”."),
    )
    page = models.ForeignKey(
        Page,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="former_addresses",
        verbose_name=_("leads to the page"),
    )
    target = models.CharField(
        _("or to the address"),
        max_length=500,
        blank=True,
        validators=[RegexValidator(r"^(/(?!/)|https://)\S*$", _("An address on this site, or one with https://."))],
    )

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(page=None) ^ Q(target=""),
                name="redirect_leads_to_one_place",
                violation_error_message=_("Name either a page or an address."),
            )
        ]

    def __str__(self) -> str:
        return self.path

    def clean(self) -> None:
        if self.target and self.target == self.path:
            raise ValidationError({"target": _("This would lead in a circle.")})

    @property
    def destination(self) -> str | None:
        """Where a visitor is sent; None while the page is not to be seen."""
        if self.page is None:
            return self.target
        return self.page.get_absolute_url() if self.page.is_visible else None


class DeadLinkQuerySet(models.QuerySet["DeadLink"]):
    LIMIT = 200  #: rows: a stranger can make up addresses

    def note(self, path: str) -> None:
        today = timezone.localdate()
        if not self.filter(path=path).update(count=F("count") + 1, last_seen=today) and self.count() < self.LIMIT:
            self.get_or_create(path=path, defaults={"last_seen": today})

    def before(self, day: date) -> Self:
        """Those that nobody has followed since."""
        return self.filter(last_seen__lt=day)

    def newest(self) -> Self:
        return self.order_by("-last_seen", "-count")


class DeadLink(models.Model):
    """An address that a page of this site links to and that does not exist. Who followed it is not known."""

    path = models.CharField(_("address"), max_length=200, unique=True)
    count = models.PositiveIntegerField(_("followed"), default=1)
    last_seen = models.DateField(_("last on"))

    objects = DeadLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("dead link")
        verbose_name_plural = _("dead links")
        ordering = ["-last_seen"]

    def __str__(self) -> str:
        return self.path
