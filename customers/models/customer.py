"""Master data (S13), and the numbers that are never given twice.

What must never happen: master data without a recorded basis for performing the contract and for invoicing.
So both bases are NOT NULL references to the consent ledger, in the schema; `save` and `bulk_create` also
see that they are this customer's own and say yes.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.folding import folded_phone, folded_words, searchable
from customers.models.consent import ConsentEntry, Decision, Purpose
from customers.models.sign_of_life import SilenceQuerySet
from customers.refusals import NoConsent
from customers.vat import validate_vat_number
from sitebackend.crypto import lookup
from sitebackend.formats import email_address, reach
from sitebackend.formats.model_fields import EmailAddressField
from sitebackend.mail.smtputf8 import check_offered
from sitebackend.privacy.restriction.models import Restriction, since

NO_BASIS = _("Without a recorded basis for contract and invoicing no customer can be kept.")
WITHDRAWN = _(
    "The basis of this customer's data was withdrawn. Record the contract or a new consent; then the customer is "
    "active again by itself."
)
NOT_WITHDRAWN = _("“Basis withdrawn” is set by recording the withdrawal, not as a status.")
CONFIRM_EVERY = timedelta(days=365)
PLACE = ("street", "postal_code", "city", "country")
#: what the customer told, in the order in which it is asked
MASTER_DATA = (
    "salutation",
    "first_name",
    "last_name",
    "company",
    *PLACE,
    "phone",
    "email",
    "vat_number",
    "notes",
    "notes_purpose",
)
BASES = {"contract_consent": Purpose.CONTRACT, "invoicing_consent": Purpose.INVOICING}


class CustomerQuerySet(SilenceQuerySet["Customer"]):
    def matching(self, words: str) -> "CustomerQuerySet":
        """Those who hold every one of the words, however spelled, or this telephone number. No words: all."""
        if not words.strip():
            return self.all()
        every_word = Q(*(_holding(word) for word in folded_words(words)))
        number = folded_phone(words)
        wanted = every_word | _holding(number) if number.isdecimal() else every_word
        # a query of its own reads nothing but the narrow index; the wide rows are read of the hits only
        return self.filter(pk__in=Customer.objects.filter(wanted).order_by().values("pk"))

    def for_lists(self) -> "CustomerQuerySet":
        """Without the columns that no list shows; each knows whether its data are restricted, and not to be shown."""
        restricted = Exists(Restriction.objects.filter(row=OuterRef("pk")))
        return self.defer("public_key", "sealed_private_key", "search_text", "notes").annotate(is_restricted=restricted)

    def led_to_by(self, digests: Mapping[str, str]) -> "CustomerQuerySet":
        """Those whose first or further telephone, e-mail address or address has one of these digests, by statement."""
        found = Q(pk__in=_points().filter(digest__in=list(digests.values())).values("customer"))
        for statement, digest in digests.items():
            found |= Q(**{f"{statement}_digest": digest})
        return self.filter(found)

    def sharing(self, digests: Collection[str]) -> "CustomerQuerySet":
        """Those whose first or further telephone, e-mail address or address has one of these digests."""
        found = Q(pk__in=_points().filter(digest__in=digests).values("customer"))
        for column in ("email_digest", "phone_digest", "name_digest"):
            found |= Q(**{f"{column}__in": digests})
        return self.filter(found)

    def numbered(self, number: str) -> "CustomerQuerySet":
        """The one with this number, in capitals or not; by an index, which `iexact` would not use. Empty: nobody."""
        if not number:
            return self.none()
        return self.alias(capitals=Upper("number")).filter(Q(capitals=number.upper()) | Q(number=number))

    def known(self, digests: Collection[str]) -> dict[str, "Customer"]:
        """Which of these digests lead to somebody here: digest → customer."""
        found: dict[str, Customer] = {}
        for some in batched(digests, 200):
            for customer in self.for_lists().sharing(some).prefetch_related("contact_points"):
                held = {customer.email_digest, customer.phone_digest, customer.name_digest}
                held |= {point.digest for point in customer.contact_points.all()}
                found |= dict.fromkeys(held & {*some}, customer)
        return found

    def to_confirm(self, now: datetime) -> "CustomerQuerySet":
        """Active customers whose data nobody confirmed for a year (Art. 5(1)(d) GDPR)."""
        return self.filter(status=Customer.Status.ACTIVE, last_confirmed_at__lt=now - CONFIRM_EVERY)

    def usable(self) -> "CustomerQuerySet":
        """Those whose data may be used: not restricted (Art. 18 GDPR)."""
        return self.exclude(pk__in=Restriction.objects.rows())

    def without_basis(self) -> "CustomerQuerySet":
        """Those whose agreement to contract or invoicing was withdrawn, or whose reference leads astray."""
        return self.filter(~_sound() | Q(status=Customer.Status.NO_BASIS) | _withdrawn())

    def with_basis(self) -> "CustomerQuerySet":
        return self.exclude(pk__in=Customer.objects.without_basis().order_by().values("pk"))

    def astray(self) -> "CustomerQuerySet":
        """Those whose reference or status says otherwise than their ledger: somebody went around the program."""
        return self.filter(~_sound() | _withdrawn()).exclude(status=Customer.Status.NO_BASIS)

    def bulk_create(self, objs: Iterable["Customer"], *args: Any, **kwargs: Any) -> list["Customer"]:
        customers = list(objs)
        check_bases(customers)
        check_status(customers)
        for customer in customers:
            customer.index()
        return super().bulk_create(customers, *args, **kwargs)

    def update(self, **values: Any) -> int:
        """Change many rows; never their number, key or basis: those go one by one through the services."""
        fixed = {"number", "public_key", "sealed_private_key", *BASES} & {name.removesuffix("_id") for name in values}
        if fixed:
            raise NoConsent(_("Number, key and basis of customers are not changed in bulk."))
        if "status" in values:
            raise NoConsent(_("The status follows what the customer agreed to: it is changed one by one."))
        if values.get("do_not_contact", True) is not True:
            raise NoConsent(_("Contact is allowed by the customer's own word only: record it."))
        return super().update(**values)


class Customer(models.Model):
    """One customer. `save` keeps the search columns true; the number and the key pair never change."""

    class Salutation(models.TextChoices):
        MS = "ms", _("Ms")
        MR = "mr", _("Mr")

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        FORMER = "former", _("former")
        NO_BASIS = "no_basis", _("basis withdrawn")

    class Source(models.TextChoices):
        """Where the master data came from (Art. 14(2)(f), 15(1)(g) GDPR); the day is `created_at`."""

        TOLD = "told", _("told by the customer")
        IMPORT = "import", _("taken over from a file")
        MESSAGE = "message", _("taken over from a message of the customer")
        UNKNOWN = "unknown", _("not on record: recorded before it was asked for")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("customer number"), max_length=30, unique=True, editable=False)
    salutation = models.CharField(_("salutation"), max_length=10, choices=Salutation, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=100, default="Deutschland")
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    email = EmailAddressField(_("e-mail address"), blank=True)
    vat_number = models.CharField(
        _("VAT number"),
        max_length=20,
        blank=True,
        validators=[validate_vat_number],
        help_text=_("With its country, as in DE136695976. The check digit is verified here, nobody is asked."),
    )
    notes = models.TextField(
        _("notes"),
        blank=True,
        help_text=_("No passwords and no device data: those belong into the technical data, which are sealed."),
    )
    notes_purpose = models.CharField(
        _("what the notes are for"), max_length=200, blank=True, help_text=_("Needed as soon as there are notes.")
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.ACTIVE)
    do_not_contact = models.BooleanField(
        _("do not contact"), default=True, help_text=_("No advertising, no greetings: customer retention was refused.")
    )
    hold_reason = models.CharField(
        _("reason to keep against an erasure"),
        max_length=300,
        blank=True,
        help_text=_("A dispute for example: master data, consents and evidence then stay until you empty this field."),
    )
    last_confirmed_at = models.DateTimeField(_("data last confirmed"), default=timezone.now)
    created_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    kept_at = models.DateTimeField(_("kept after a long silence"), null=True, editable=False)  #: the last time
    kept_because = models.CharField(_("kept because"), max_length=300, blank=True, editable=False)
    goes_on = models.DateField(_("goes on"), null=True, editable=False)  #: asked about, and let go
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.TOLD, editable=False)
    public_key = models.BinaryField()
    sealed_private_key = models.BinaryField()
    contract_consent = models.OneToOneField(
        ConsentEntry, on_delete=models.RESTRICT, related_name="+", verbose_name=_("basis for the contract")
    )
    invoicing_consent = models.OneToOneField(
        ConsentEntry, on_delete=models.RESTRICT, related_name="+", verbose_name=_("basis for invoicing")
    )
    search_text = models.TextField(editable=False)
    email_digest = models.CharField(max_length=64, editable=False, db_index=True)
    phone_digest = models.CharField(max_length=64, editable=False, db_index=True)
    name_digest = models.CharField(max_length=64, editable=False, db_index=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(last_name="") | ~Q(company=""),
                name="customer_has_a_name",
                violation_error_message=_("A last name or a company is needed."),
            ),
            models.CheckConstraint(
                condition=Q(notes="") | ~Q(notes_purpose=""),
                name="customer_notes_have_a_purpose",
                violation_error_message=_("Say what the notes are for."),
            ),
            models.CheckConstraint(
                condition=Q(kept_at=None, kept_because="") | Q(kept_at__isnull=False) & ~Q(kept_because=""),
                name="customer_is_kept_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "last_confirmed_at"], name="customers_to_confirm"),
            models.Index(fields=["search_text", "id"], name="customers_search"),
            models.Index(Upper("number"), name="customers_by_number"),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        check_bases([self])
        if "status" in (kwargs.get("update_fields") or ["status"]):
            check_status([self])
        self.index()
        super().save(*args, **kwargs)
        for address in self.contact_points.filter(kind="address"):  # found by the name that may have changed
            address.customer = self
            address.save()

    def clean(self) -> None:
        try:
            check_offered(self.email)
        except ValidationError as error:
            raise ValidationError({"email": error.messages}) from error
        reach.check_row(self)

    @property
    def display_name(self) -> str:
        person = " ".join(part for part in (self.first_name, self.last_name) if part)
        return ", ".join(part for part in (self.company, person) if part)

    @property
    def restricted_since(self) -> datetime | None:
        """Kept, and not to be used (Art. 18 GDPR), since; None: may be used."""
        return since(self.pk)

    @property
    def wire_email(self) -> str:
        """For links, as `SiteSettings` has it."""
        return email_address.wire_of(self.email)

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.company

    def master_data(self) -> dict[str, str]:
        """What is kept of what the customer told, labelled; empty fields left out."""
        return dict(self.told().values())

    def told(self) -> dict[str, tuple[str, str]]:
        """The same, by the name of the field: (label, value)."""
        labels = {field.name: str(field.verbose_name) for field in self._meta.concrete_fields}
        told = {name: getattr(self, name) for name in MASTER_DATA} | {"salutation": self.get_salutation_display()}
        return {name: (labels[name], value) for name, value in told.items() if value}

    def found_by(self) -> dict[str, set[str]]:
        """Statement → the digests under which this customer is looked for, of first and further contact details."""
        found = {"email": {self.email_digest}, "phone": {self.phone_digest}, "name": {self.name_digest}}
        for kind, digest in self.contact_points.values_list("kind", "digest"):
            found["name" if kind == "address" else kind].add(digest)
        return {statement: digests - {""} for statement, digests in found.items()}

    @property
    def key_context(self) -> str:
        """What the seal of the private key is bound to."""
        return key_context(self.pk)

    def index(self) -> None:
        """Fill the columns that searching and requests for access look into."""
        spoken = (self.number, self.company, self.first_name, self.last_name, self.city, self.postal_code)
        self.search_text = searchable(*spoken, folded_phone(self.phone), email=self.email)
        self.email_digest = lookup.email(self.email)
        self.phone_digest = lookup.phone(self.phone)
        self.name_digest = lookup.name_and_postal_code(self.full_name, self.postal_code)


def key_context(customer: uuid.UUID) -> str:
    return f"customer-key|{customer}"


def check_bases(customers: Collection[Customer]) -> None:
    """Raise NoConsent unless each customer's two bases are their own entries that say yes."""
    ids = [getattr(customer, f"{field}_id") for customer in customers for field in BASES]
    entries = ConsentEntry.objects.in_bulk([identifier for identifier in ids if identifier])
    for customer in customers:
        for field, purpose in BASES.items():
            entry = entries.get(getattr(customer, f"{field}_id"))
            if entry is None or not entry.is_basis_of(customer, purpose):
                raise NoConsent(NO_BASIS)


def check_status(customers: Collection[Customer]) -> None:
    """Raise NoConsent if a status says otherwise than the ledger: whoever withdrew is not active again by a click."""
    withdrew = set(
        ConsentEntry.objects.filter(customer__in=[customer.pk for customer in customers], purpose__in=BASES.values())
        .exclude(decision=Decision.GIVEN)
        .last_words()
        .values_list("customer", flat=True)
    )
    for customer in customers:
        if (customer.pk in withdrew) != (customer.status == Customer.Status.NO_BASIS):
            raise NoConsent(WITHDRAWN if customer.pk in withdrew else NOT_WITHDRAWN)


def _withdrawn() -> Q:
    """Condition: the last word on contract or invoicing is no yes."""
    said = ConsentEntry.objects.filter(purpose__in=list(BASES.values())).exclude(decision=Decision.GIVEN)
    return Q(pk__in=said.last_words().order_by().values("customer"))


def _sound() -> Q:
    """Condition: both bases are the customer's own entries that say yes."""
    sound = Q()
    for field, purpose in BASES.items():
        sound &= Q(
            **{f"{field}__customer": models.F("pk"), f"{field}__purpose": purpose, f"{field}__decision": "given"}
        )
    return sound


def _holding(word: str) -> Q:
    """Condition: the word stands in the customer's own search column or in that of a further contact detail."""
    return Q(search_text__contains=word) | Q(pk__in=_points().filter(search_text__contains=word).values("customer"))


def _points() -> models.QuerySet[Any]:
    """The further contact details, whose model stands below this one."""
    model: Any = Customer._meta.get_field("contact_points").related_model
    points: models.QuerySet[Any] = model.objects.order_by()
    return points


def batched(values: Collection[str], size: int = 500) -> Iterator[list[str]]:
    """In pieces that fit into one query of any database."""
    ordered = sorted(values)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
