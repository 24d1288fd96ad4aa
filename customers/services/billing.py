"""Billing documents are filed once, opened with the vault, and swept when their time is over."""

import json
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import file_names
from customers.clear_file import ClearFile
from customers.models import Archive, BillingDocument, Customer
from customers.models.customer import PLACE
from customers.refusals import Refused
from sitebackend.crypto import lookup
from sitebackend.monitoring import clock
from sitebackend.retention import STATUTORY_BILLING_YEARS, billing_years, end_of_calendar_years
from sitebackend.vault import services as vault
from sitebackend.vault.opened import Holder, OpenVault

DOCUMENTS = (b"%PDF-", b"<?xml", b"\xef\xbb\xbf<?xml")  # an electronic invoice (EN 16931) is kept as it came: § 14 UStG
OWNER = "customer"  #: statement of the digest that says whose a document is: the key of the row that may be gone
RECIPIENT = ("number", "company", "first_name", "last_name", *PLACE, "vat_number")


@transaction.atomic
def file_billing_document(
    *, customer: Customer, kind: str, number: str, issued_on: date, amount: Decimal, currency: str, file: ClearFile
) -> BillingDocument:
    """Seal file and recipient to the archive's key and keep both until law and promise are fulfilled.

    Raises ValidationError if the number is taken, Refused for a date to come or for what is no document,
    vault.VaultError without a vault.
    """
    if issued_on > timezone.localdate():
        raise Refused(_("The document's date lies in the future."))
    if end_of_calendar_years(issued_on, billing_years()) < timezone.localdate():
        raise Refused(
            _("Its period is over: it would be deleted the next night. What is still needed belongs to its dispute.")
        )
    if not file.content.lstrip().startswith(DOCUMENTS):
        raise Refused(_("Only PDF files and electronic invoices (XML) can be filed."))
    document = BillingDocument(
        customer=customer, kind=kind, number=number, issued_on=issued_on, amount=amount, currency=currency
    )
    document.statutory_until = end_of_calendar_years(issued_on, STATUTORY_BILLING_YEARS)
    document.kept_until = end_of_calendar_years(issued_on, billing_years())
    archive = bytes(_archive().public_key)
    document.sealed_recipient = vault.seal_to_holder(
        archive, json.dumps(recipient_of(customer)).encode(), context=document.context("recipient")
    )
    document.sealed_file = vault.seal_to_holder(archive, file.packed(), context=document.context("file"))
    document.full_clean()
    document.save(force_insert=True)
    keep_findable(customer=customer)
    return document


def recipient_of(customer: Customer) -> dict[str, str]:
    """Name and address as they stand on an invoice: the address that invoices go to, or else the first one."""
    place = customer.contact_points.for_invoices().filter(kind="address").first()
    recipient = {name: getattr(customer, name) for name in RECIPIENT}
    return recipient | ({name: getattr(place, name) for name in PLACE} if place else {})


@transaction.atomic
def keep_findable(*, customer: Customer) -> None:
    """Let the customer's documents be found by everything that leads to the customer now, also when they are gone."""
    own = {"customer_number": {lookup.customer_number(customer.number)}, OWNER: {str(customer.pk)}}
    BillingDocument.objects.filter(customer=customer).keep_findable(customer.found_by() | own)


def file_by_name(*, customer: Customer, kind: str, currency: str, file: ClearFile) -> BillingDocument:
    """File a document whose number, date and amount stand in the name of its file.

    Raises Refused if the name does not tell all three, and as `file_billing_document`.
    """
    told = file_names.read(file.name)
    if not told.number or told.issued_on is None or told.amount is None:
        raise Refused(_("The name does not tell number, date and amount, as in “R-2026-017 2026-02-01 119,00.pdf”."))
    return file_billing_document(
        customer=customer,
        kind=kind,
        number=told.number,
        issued_on=told.issued_on,
        amount=told.amount,
        currency=currency,
        file=file,
    )


def read_billing_file(*, open_vault: OpenVault, document: BillingDocument) -> ClearFile:
    """The file as filed. Raises sealing.SealingError if it was altered or belongs to another document."""
    return ClearFile.unpacked(_opened(open_vault).unseal(document.sealed_file, context=document.context("file")))


def read_recipient(*, open_vault: OpenVault, document: BillingDocument) -> dict[str, str]:
    """The address as it stood when the document was filed."""
    clear = _opened(open_vault).unseal(document.sealed_recipient, context=document.context("recipient"))
    recipient: dict[str, str] = json.loads(clear)
    return recipient


@transaction.atomic
def hold(*, document: BillingDocument, reason: str, ground: str = "") -> None:
    """Keep it past every date, for a reason that goes on record: an open assessment, a dispute (`HoldGround`)."""
    if not reason.strip():
        raise Refused(_("A hold needs its reason."))
    BillingDocument.objects.filter(pk=document.pk).update(
        legal_hold=True, hold_reason=reason, hold_ground=ground, released_on=None
    )


@transaction.atomic
def release(*, document: BillingDocument) -> None:
    """End the hold: what is past its every date goes in the night that follows."""
    today = timezone.localdate(clock.believed(timezone.now()))
    BillingDocument.objects.filter(pk=document.pk, legal_hold=True).update(
        legal_hold=False, hold_reason="", hold_ground="", released_on=today
    )


def _archive() -> Archive:
    """The archive's key; made when the first document is filed."""
    archive = Archive.objects.first()
    if archive is None:
        public, sealed = vault.new_holder_key(context=Archive.key_context)
        archive, _made = Archive.objects.get_or_create(defaults={"public_key": public, "sealed_private_key": sealed})
    return archive


def _opened(open_vault: OpenVault) -> Holder:
    archive = Archive.objects.get()
    return open_vault.holder(archive.sealed_private_key, archive.public_key, context=archive.key_context)
