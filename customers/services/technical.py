"""Technical records are sealed when they are written, and opened one at a time while the vault is open."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.clear_file import ClearFile
from customers.folding import folded
from customers.models import Attachment, Customer, Evidence, Grant, TechnicalRecord
from customers.models.consent import NO_GRANT
from customers.models.customer import key_context
from customers.models.technical import TechnicalRecordQuerySet, record_context
from customers.refusals import Changed, NoConsent
from sitebackend.crypto.sealing import SealingError, Stored
from sitebackend.privacy.restriction.models import Restriction
from sitebackend.vault import services as vault
from sitebackend.vault.opened import Holder, OpenVault

HITS_AT_ONCE = 100  # of a search, read in one query


@transaction.atomic
def add_technical_record(*, customer: Customer, kind: str, content: Mapping[str, Any]) -> TechnicalRecord:
    """Seal and keep. Raises NoConsent without a live grant."""
    grant = Grant.objects.select_related("customer").filter(customer=customer).first()
    if grant is None:
        raise NoConsent(NO_GRANT)
    record = TechnicalRecord(grant=grant, kind=kind)
    record.sealed = _sealed(record, content)
    record.save(force_insert=True)
    return record


@transaction.atomic
def revise_technical_record(*, record: TechnicalRecord, content: Mapping[str, Any]) -> TechnicalRecord:
    """Replace the content; what it was before is gone. Raises Changed if somebody else revised it meanwhile."""
    current = TechnicalRecord.objects.select_for_update().filter(pk=record.pk, revision=record.revision).first()
    if current is None:
        raise Changed(_("Somebody else has changed this record in the meantime. Please look at it again."))
    current.revision += 1
    current.updated_at = timezone.now()
    current.sealed = _sealed(current, content)
    current.save()
    return current


@transaction.atomic
def delete_technical_record(*, record: TechnicalRecord) -> None:
    record.delete()


def read_technical_record(*, open_vault: OpenVault, record: TechnicalRecord) -> dict[str, Any]:
    """The content. Raises sealing.SealingError if it was altered, or moved here from elsewhere."""
    content: dict[str, Any] = json.loads(
        opened_holder(open_vault=open_vault, customer=record.grant.customer).unseal(
            record.sealed, context=record.context
        )
    )
    return content


@transaction.atomic
def attach(*, record: TechnicalRecord, file: ClearFile) -> Attachment:
    """Seal a file to the record's customer and keep it with the record."""
    attachment = Attachment(record=record)
    public = bytes(record.grant.customer.public_key)
    attachment.sealed = vault.seal_to_holder(public, file.packed(), context=attachment.context)
    attachment.save(force_insert=True)
    return attachment


def read_attachment(*, open_vault: OpenVault, attachment: Attachment) -> ClearFile:
    """The file. Raises sealing.SealingError as above."""
    holder = opened_holder(open_vault=open_vault, customer=attachment.record.grant.customer)
    return ClearFile.unpacked(holder.unseal(attachment.sealed, context=attachment.context))


def search_technical_records(
    *, open_vault: OpenVault, words: str, customer: Customer | None = None
) -> Iterator[tuple[TechnicalRecord, dict[str, Any]]]:
    """Open every record (or one customer's) and give those that hold all the words, however spelled.

    There is no index: an index of sealed contents would be their contents. So what is needed to open is read as
    plain values, and a row becomes an object once it is a hit. A record that does not open is left out; the
    customer's page names it. So are those of customers whose data are restricted.
    """
    records = TechnicalRecord.objects.exclude(grant__customer__in=Restriction.objects.rows())
    if customer is not None:
        records = records.of_customer(customer)
    wanted = folded(words).split()
    hits = (hit for hit in _every_content(open_vault, records) if _holds(hit[1], wanted))
    while some := dict(islice(hits, HITS_AT_ONCE)):
        found = TechnicalRecord.objects.select_related("grant__customer").in_bulk(some)
        yield from ((found[key], content) for key, content in some.items() if key in found)


def _holds(content: Mapping[str, Any], wanted: Sequence[str]) -> bool:
    held = folded(" ".join(map(str, content.values())))
    return bool(wanted) and all(word in held for word in wanted)


def _every_content(open_vault: OpenVault, records: TechnicalRecordQuerySet) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """Key and content of each, customer by customer: a customer's key is opened once."""
    owner = ("grant__customer", "grant__customer__public_key", "grant__customer__sealed_private_key")
    rows = records.order_by("grant__customer__number").values_list(*owner, "pk", "kind", "revision", "sealed")
    for (customer, public, sealed_private), owned in groupby(rows.iterator(), key=itemgetter(0, 1, 2)):
        holder = open_vault.holder(sealed_private, public, context=key_context(customer))
        for _customer, _public, _private, key, kind, revision, sealed in owned:
            yield key, _opened(holder, sealed, record_context(key, customer, kind, revision))


def _opened(holder: Holder, sealed: Stored, context: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(holder.unseal(sealed, context=context))
    except SealingError:
        return {}
    return content


def read_evidence(*, open_vault: OpenVault, evidence: Evidence) -> ClearFile:
    """The file. Raises sealing.SealingError as above."""
    return ClearFile.unpacked(
        opened_holder(open_vault=open_vault, customer=evidence.customer).unseal(
            evidence.sealed, context=evidence.context
        )
    )


def opened_holder(*, open_vault: OpenVault, customer: Customer) -> Holder:
    """The customer's key, opened. Raises sealing.SealingError or VaultKeyChanged if it was tampered with."""
    return open_vault.holder(customer.sealed_private_key, customer.public_key, context=customer.key_context)


def _sealed(record: TechnicalRecord, content: Mapping[str, Any]) -> bytes:
    public = bytes(record.grant.customer.public_key)
    return vault.seal_to_holder(public, json.dumps(dict(content)).encode(), context=record.context)
