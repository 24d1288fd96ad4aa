"""Billing documents: kept by law, found and told even when their customer is gone."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from customers.models import BillingDocument, Customer, RecipientDigest
from customers.models.billing import HoldGround
from customers.personal_data.subjects import SEALED, digests_of, everything, record_of
from customers.services.billing import OWNER, read_billing_file, read_recipient
from sitebackend import retention
from sitebackend.crypto import lookup
from sitebackend.models import Operator
from sitebackend.monitoring import clock
from sitebackend.privacy import journal
from sitebackend.privacy.journal_line import Mark
from sitebackend.privacy.registry import (
    UNCLEAR,
    Action,
    Closable,
    DataSubject,
    Description,
    Export,
    Item,
    Measure,
    PersonalDataSource,
    PersonRecord,
    Step,
    Text,
    register,
)
from sitebackend.privacy.versions import version_of
from sitebackend.vault.opened import OpenVault

_BY_LAW = _("Art. 17(3)(b) GDPR, § 147 AO, § 14b UStG")
_HELD_BY = {
    HoldGround.TAX: _("Art. 17(3)(b) GDPR, § 147(3) AO"),
    HoldGround.CLAIM: _("Art. 17(3)(e) GDPR"),
    "": _("Art. 17(3)(b) or (e) GDPR"),
}


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
                person=_owner(document),
            )

    def persons(self, subject: DataSubject) -> Iterator[PersonRecord]:
        for document, _by in self._documents(subject):
            yield record_of(document.customer) if document.customer else _former_customer(document)

    def recipients(self, subject: DataSubject) -> Iterator[Text]:
        if documents := ", ".join(str(document) for document in self._usable(subject)):
            yield _("tax adviser, if there is one: {documents}").format(documents=documents)

    def export(self, subject: DataSubject) -> Iterator[Export]:
        for item in self.find(subject):
            document = BillingDocument.objects.get(pk=item.identifier)
            values = {
                str(_("date of the document")): document.issued_on,
                str(_("amount")): document.shown_amount,
                str(_("kept by law until")): document.statutory_until,
                str(_("kept until")): document.ends_on,
                str(_("filed")): document.filed_at,
                **({str(_("recipient objected on")): document.objected_on} if document.objected_on else {}),
                **({str(_("hold ended on")): document.released_on} if document.released_on else {}),
                **(_hold(document) if document.legal_hold else {}),
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
        for document in self._usable(subject):
            yield self._step(document, today)

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        found = BillingDocument.objects.filter(pk__in=rows)
        count = found.count()
        found.erase_on_request(timezone.localdate())
        return count - found.count()

    def erase_again(self, action: Action, rows: Collection[UUID]) -> int:
        """A hold that the backup knows of was released before the document was erased."""
        BillingDocument.objects.filter(pk__in=rows).update(legal_hold=False, hold_reason="", hold_ground="")
        return self.erase(action, rows)

    def kept_by_law(self, rows: Collection[UUID]) -> Mapping[UUID, str]:
        today = timezone.localdate(clock.believed(timezone.now()))
        kept = BillingDocument.objects.filter(pk__in=rows, statutory_until__gte=today)
        return {document.pk: str(document) for document in kept}

    def promise(self, rows: Collection[UUID], mark: Mark) -> None:
        if mark.objected_on:
            BillingDocument.objects.filter(pk__in=rows).end_with_the_law(mark.objected_on)

    def closable(self, subject: DataSubject) -> Iterator[Closable]:
        """The years beyond the law, of all documents at once: an objection ends them (Art. 21 GDPR)."""
        today = timezone.localdate()
        found = [document for document in self._usable(subject) if not document.objected_on]
        beyond = [document for document in found if document.kept_until > document.statutory_until]
        for key in {_owner(document) for document in beyond}:
            own = [document for document in beyond if _owner(document) == key]
            ends = sorted({document.end_if_objected(today) for document in own})
            yield Closable(
                source=self.name,
                row=min(document.pk for document in own),
                purpose="beyond-the-law",
                title=_("keeping billing documents longer than the law asks"),
                consequences=tuple(
                    format_lazy(_("kept until {until}, and no longer"), until=_day(until)) for until in ends
                ),
            )

    @transaction.atomic
    def close(self, row: UUID, purpose: str, *, by: Operator | None, channel: str, at: datetime) -> None:
        whose = _owner(BillingDocument.objects.get(pk=row))
        beyond = BillingDocument.objects.filter(objected_on=None, kept_until__gt=F("statutory_until"))
        own = [document.pk for document in beyond.prefetch_related("found_by") if _owner(document) == whose]
        mark = Mark(objected_on=timezone.localdate(at))
        journal.append([(self.name, Measure.PROMISE, own)], mark=mark, now=at)
        self.promise(own, mark)

    def page_of(self, identifier: str) -> str:
        """Where it can be held, also when its customer is gone."""
        return reverse("admin:customers_customer_document_hold", args=[identifier])

    def due(self, today: date) -> Iterable[Step]:
        for document in BillingDocument.objects.past(today):
            yield self._step(document, today)

    def _documents(self, subject: DataSubject) -> Iterator[tuple[BillingDocument, tuple[str, ...]]]:
        wanted = _digests_of_recipients(subject)
        found = BillingDocument.objects.led_to_by(frozenset().union(*wanted.values())).prefetch_related("found_by")
        for document in filter(lambda document: subject.means(_owner(document)), found):
            held = {digest.digest for digest in document.found_by.all()}
            yield document, tuple(statement for statement, digests in wanted.items() if digests & held)

    def _usable(self, subject: DataSubject) -> Iterator[BillingDocument]:
        """Those that may be copied and erased."""
        return (document for document, by in self._documents(subject) if subject.may_use(by))

    def _step(self, document: BillingDocument, today: date) -> Step:
        """Law first, then a hold; between law and promise the person's request wins."""
        by_law = document.statutory_until >= today
        stays = by_law or document.legal_hold
        return Step(
            source=self.name,
            action=Action.RETAIN if stays else Action.DELETE,
            rows=(document.pk,),
            version=version_of(BillingDocument.objects.filter(pk=document.pk)),
            title=format_lazy(_("{document} of {day}"), document=_named(document), day=_day(document.issued_on)),
            law=_law(document, by_law=by_law) if stays else _("Art. 17(1) GDPR"),
            reason=_end(document, by_law=by_law) if stays else _("no law keeps it any longer"),
            until=document.statutory_until if by_law and not document.legal_hold else None,
            promise=_promise(document, today, by_law=by_law) if stays else None,
        )


def _promise(document: BillingDocument, today: date, *, by_law: bool) -> Mark | None:
    """Whoever asks for erasure objects to what goes beyond the law; the first time counts."""
    if document.objected_on:
        return None
    return Mark(objected_on=today, promised_until=document.statutory_until if by_law else None)


def _law(document: BillingDocument, *, by_law: bool) -> Text:
    held_by = _HELD_BY[document.hold_ground]
    if not document.legal_hold:
        return _BY_LAW
    return format_lazy("{law}; {held}", law=_BY_LAW, held=held_by) if by_law else held_by


def _end(document: BillingDocument, *, by_law: bool) -> Text:
    """Until when the person is told that it is kept: one sentence, one date."""
    until, why = _day(document.statutory_until), document.hold_reason
    if not document.legal_hold:
        words = _(
            "until {until}, longer only if the tax office still needs the records (§ 147(3) AO) or a dispute is open"
        )
        return format_lazy(words, until=until)
    if by_law:
        return format_lazy(_("at least until {until}, and as long as this is open: {why}"), until=until, why=why)
    return format_lazy(_("as long as this is open, and no longer: {why}"), why=why)


def _hold(document: BillingDocument) -> dict[str, str]:
    told = {_("reason of the hold"): document.hold_reason, _("ground of the hold"): document.get_hold_ground_display()}
    return {str(label): value for label, value in told.items() if value}


def _named(document: BillingDocument) -> Text:
    return format_lazy("{kind} {number}", kind=BillingDocument.Kind(document.kind).label, number=document.number)


_day = lazy(date_format, str)


def _owner(document: BillingDocument) -> str:
    """The customer's key, also when the customer is gone; of the oldest only the number still tells whose they are."""
    if document.customer_id:
        return str(document.customer_id)
    held = {digest.statement: digest.digest for digest in document.found_by.all()}
    number = held.get("customer_number")
    return held.get(OWNER) or str(uuid5(NAMESPACE_OID, number) if number else document.pk)


def _digests_of_recipients(subject: DataSubject) -> dict[str, frozenset[str]]:
    """Statement → the digests it is looked for by: what is kept of a former customer is as it was when they went."""
    mailbox, number = lookup.mailbox(subject.email), lookup.customer_number(subject.customer_number)
    wanted = {statement: frozenset({digest}) for statement, digest in digests_of(subject).items()}
    further = {
        "email": wanted.get("email", frozenset()) | mailbox.before,
        UNCLEAR: mailbox.unclear,
        "customer_number": frozenset({number} - {""}),
    }
    return {statement: digests for statement, digests in (wanted | further).items() if digests}


def _former_customer(document: BillingDocument) -> PersonRecord:
    """Name and address are sealed; what the documents are found by is kept as digests."""
    held: dict[str, set[str]] = {"name": set(), "email": set(), "phone": set()}
    for digest in document.found_by.all():
        held.setdefault(digest.statement, set()).add(digest.digest)
    return PersonRecord(
        key=_owner(document),
        kind=_("Former customer, of whom documents are kept:"),
        number=str(document),
        places=frozenset(held["name"]),
        emails=lookup.current(held["email"]),
        phones=frozenset(held["phone"]),
        is_anchor=True,
        at=document.filed_at,
    )


def _billing_basis() -> str:
    by_law = _("Art. 6(1)(c) GDPR with § 147 AO, § 257 HGB, § 14b UStG")
    if retention.billing_years() == retention.STATUTORY_BILLING_YEARS:
        return str(by_law)
    beyond = _("beyond that Art. 6(1)(f) GDPR: answering claims")
    return f"{by_law}; {beyond}"
