"""A customer's further telephones, mail addresses and postal addresses.

The first of each stands in the customer's own row; here is what comes besides: the workshop's telephone, the
address that invoices go to. What must never happen: a person is not found, not told or not erased because the
address they gave is only the second one. So each point carries the digest it is found by, is searched with the
customer, belongs to the same personal-data source, and goes with the customer.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.folding import folded_phone, searchable
from customers.models.customer import Customer
from customers.refusals import Refused
from sitebackend.crypto import lookup
from sitebackend.formats import email_address, reach
from sitebackend.formats.fields import check_email_address
from sitebackend.mail.smtputf8 import check_offered


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def for_invoices(self) -> "ContactPointQuerySet":
        """Where invoices go, if not to the customer's first address."""
        return self.filter(for_invoices=True)

    def bulk_create(self, objs: Iterable["ContactPoint"], *args: Any, **kwargs: Any) -> list["ContactPoint"]:
        points = list(objs)
        for point in points:
            point.index()
        return super().bulk_create(points, *args, **kwargs)

    def update(self, **values: Any) -> int:
        raise Refused(_("Contact details are changed one by one, so that they are found again."))

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise Refused(_("Contact details are changed one by one, so that they are found again."))


class ContactPoint(models.Model):
    """One way to reach a customer. `save` keeps the columns true that searching and finding look into."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("telephone")
        EMAIL = "email", _("e-mail address")
        ADDRESS = "address", _("address")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    label = models.CharField(
        _("what for"), max_length=100, blank=True, help_text=_("As in “mobile”, “workshop”, “accounting”.")
    )
    value = models.CharField(_("number or e-mail address"), max_length=254, blank=True)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=100, blank=True)
    for_invoices = models.BooleanField(_("invoices go here"), default=False)
    digest = models.CharField(max_length=64, editable=False)
    search_text = models.TextField(editable=False)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        verbose_name = _("further contact detail")
        verbose_name_plural = _("further contact details")
        ordering = ["kind", "label", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="address", value="") & ~Q(city="") | ~Q(kind="address") & ~Q(value=""),
                name="contact_point_says_something",
                violation_error_message=_("Give the number or the e-mail address; of an address at least the city."),
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=Q(for_invoices=True),
                name="one_place_for_invoices_per_kind",
                violation_error_message=_("Invoices can go to one address and to one e-mail address only."),
            ),
            models.CheckConstraint(
                condition=Q(for_invoices=False) | ~Q(kind="phone"),
                name="no_invoices_by_telephone",
                violation_error_message=_("Invoices go to an address or an e-mail address."),
            ),
        ]
        indexes = [
            models.Index(fields=["digest"], name="contact_point_digest"),
            models.Index(fields=["search_text", "customer"], name="contact_points_search"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.index()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.kind == self.Kind.EMAIL:
            self.value = email_address.without_invisible_signs(self.value)
            try:
                check_email_address(self.value)
                check_offered(self.value)
            except ValidationError as error:
                raise ValidationError({"value": error.messages}) from error
        reach.check_row(self, phone="value" if self.kind == self.Kind.PHONE else None)

    def index(self) -> None:
        """Fill the columns that searching and requests for access look into."""
        number = folded_phone(self.value) if self.kind == self.Kind.PHONE else ""
        email = self.value if self.kind == self.Kind.EMAIL else ""
        spoken = (self.label, number, self.street, self.postal_code, self.city)
        self.search_text = searchable(*spoken, email=email)
        self.digest = self._digest()

    def _digest(self) -> str:
        if self.kind == self.Kind.EMAIL:
            return lookup.email(self.value)
        if self.kind == self.Kind.PHONE:
            return lookup.phone(self.value)
        return lookup.name_and_postal_code(self.customer.full_name, self.postal_code)

    @property
    def wire_value(self) -> str:
        """Of an e-mail address, for links, as `SiteSettings` has it."""
        return email_address.wire_of(self.value)

    @property
    def shown(self) -> str:
        """The whole of it in one line."""
        place = " ".join(part for part in (self.postal_code, self.city) if part)
        return ", ".join(part for part in (self.value, self.street, place, self.country) if part)
