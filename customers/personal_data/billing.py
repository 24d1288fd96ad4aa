"""Billing documents: kept by law, found and told even when their customer is gone."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import BillingDocument, Customer, RecipientDigest
from customers.personal_data.subjects import SEALED, digests_of, everything
from customers.services.billing import read_billing_file, read_recipient
from sitebackend import retention
from sitebackend.crypto import lookup
from sitebackend.privacy.registry import (
    Action,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    Step,
    Text,
    register,
)
from sitebackend.privacy.versions import version_of
from sitebackend.vault.opened import OpenVault


@register
class BillingDocuments(PersonalDataSource):
    name = "customers.billing"
    erased_after = 1
    models = {BillingDocument: everything(BillingDocument), RecipientDigest: everything(RecipientDigest)}

    def describe(self) -> Description:
        return Description(
            title=_("Invoices, credit notes and statements"),
            persons=(_("customers"),),
            categories=(_("Name"), _("Company"), _("Address"), _("Customer number"), _("Services and amounts")),
            purposes=(_("invoicing and the duties to keep records"),),
            legal_basis=_billing_basis(),
            recipients=(_("tax adviser and tax office, as the law asks"),),
            retention=retention.of_billing(),
            origin=_("made by the operator"),
            location=_("database of the website, sealed to the archive's key in the vault"),
        )

    def find(self, subject: DataSubject) -> Iterator[Item]:
        for document, by in self._documents(subject):
            yield Item(
                source=self.name,
                identifier=str(document.pk),
                title=str(document),
                recorded_at=document.filed_at,
                matched_by=by,
            )

    def recipients(self, subject: DataSubject) -> Iterator[Text]:
        if documents := ", ".join(str(document) for document, _by in self._documents(subject)):
            yield _("tax adviser, if there is one: {documents}").format(documents=documents)

    def export(self, subject: DataSubject) -> Iterator[Export]:
        for item in self.find(subject):
            document = BillingDocument.objects.get(pk=item.identifier)
            values = {
                str(_("date of the document")): document.issued_on,
                str(_("amount")): f"{document.amount} {document.currency}",
                str(_("kept by law until")): document.statutory_until,
                str(_("kept until")): document.kept_until,
                str(_("filed")): document.filed_at,
                **({str(_("reason of the hold")): document.hold_reason} if document.legal_hold else {}),
            }
            yield Export(item=item, values=values, sealed=SEALED, in_vault=True)

    def open(self, copy: Export, vault: OpenVault) -> Export:
        document = BillingDocument.objects.get(pk=copy.item.identifier)
        file = read_billing_file(open_vault=vault, document=document)
        recipient = read_recipient(open_vault=vault, document=document)
        labels = {field.name: str(field.verbose_name) for field in Customer._meta.concrete_fields}
        addressed = {labels[name]: value for name, value in recipient.items() if value}
        return Export(item=copy.item, values={**copy.values, **addressed}, files=((file.name, file.content),))

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        today = timezone.localdate()
        for document, _by in self._documents(subject):
            yield self._step(document, today)

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        found = BillingDocument.objects.filter(pk__in=rows)
        count = found.count()
        found.erase_on_request(timezone.localdate())
        return count - found.count()

    def erase_again(self, action: Action, rows: Collection[UUID]) -> int:
        """A hold that the backup knows of was released before the document was erased."""
        BillingDocument.objects.filter(pk__in=rows).update(legal_hold=False, hold_reason="")
        return self.erase(action, rows)

    def due(self, today: date) -> Iterable[Step]:
        for document in BillingDocument.objects.past(today):
            yield self._step(document, today)

    def _documents(self, subject: DataSubject) -> Iterator[tuple[BillingDocument, tuple[str, ...]]]:
        wanted = digests_of(subject)
        if number := lookup.customer_number(subject.customer_number):
            wanted["customer_number"] = number
        found = BillingDocument.objects.led_to_by(list(wanted.values())).prefetch_related("found_by")
        for document in found:
            held = {digest.digest for digest in document.found_by.all()}
            yield document, tuple(statement for statement, digest in wanted.items() if digest in held)

    def _step(self, document: BillingDocument, today: date) -> Step:
        """Law first, then a hold; between law and promise the person's request wins."""
        by_law = document.statutory_until >= today
        until = document.statutory_until if by_law else None
        return Step(
            source=self.name,
            action=Action.RETAIN if by_law or document.legal_hold else Action.DELETE,
            rows=(document.pk,),
            version=version_of(BillingDocument.objects.filter(pk=document.pk)),
            law=_("Art. 17(3)(b) GDPR, § 147 AO, § 14b UStG") if by_law else _("Art. 17(1) GDPR"),
            reason=document.why_kept() if by_law or document.legal_hold else _("no law keeps it any longer"),
            until=until,
        )


def _billing_basis() -> str:
    by_law = _("Art. 6(1)(c) GDPR with § 147 AO, § 257 HGB, § 14b UStG")
    if retention.billing_years() == retention.STATUTORY_BILLING_YEARS:
        return str(by_law)
    return f"{by_law}; {_('beyond that Art. 6(1)(f) GDPR: answering claims')}"
