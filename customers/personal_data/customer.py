"""What hangs on a customer and goes with the customer: master data with consents, evidence, technical records."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from customers.folding import folded
from customers.forms.technical import labelled
from customers.models import (
    Attachment,
    Confirmation,
    ConsentEntry,
    ContactPoint,
    Customer,
    Evidence,
    Grant,
    TechnicalRecord,
)
from customers.models.consent import Purpose
from customers.models.customer import BASES
from customers.personal_data import rights, told
from customers.personal_data.subjects import SEALED, customers_of, everything, record_of
from customers.services.consents import end_grant, follow_ledger, withdraw_again
from customers.services.register import erase_customer
from customers.services.technical import (
    read_attachment,
    read_evidence,
    read_technical_record,
    search_technical_records,
)
from sitebackend import retention
from sitebackend.models import Act, Event, Operator
from sitebackend.privacy.registry import (
    Action,
    Closable,
    Correctable,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    PersonRecord,
    Step,
    Text,
    register,
)
from sitebackend.privacy.versions import version_of
from sitebackend.vault.opened import OpenVault, Unlocked

OPERATOR_ONLY = (_("none besides the operator"),)


class OfCustomer(PersonalDataSource):
    """What hangs on a customer. Erasing goes by the customer's own source; here it deletes row by row."""

    rows_of: ClassVar[str]  #: the path from a row to its customer
    may_be_held: ClassVar[bool] = True  #: whether a reason on record keeps it against an erasure
    title: ClassVar[Any]

    def rows(self) -> QuerySet[Any]:
        return next(iter(self.models))._default_manager.all()

    def find(self, subject: DataSubject) -> Iterator[Item]:
        for customer, by in customers_of(subject).items():
            for row in self.rows().filter(**{self.rows_of: customer.pk}):
                yield Item(
                    source=self.name,
                    identifier=str(row.pk),
                    title=self.title,
                    recorded_at=self.recorded_at(row),
                    matched_by=by,
                    person=str(customer.pk),
                )

    def recorded_at(self, row: Any) -> Any:
        return row.created_at

    def export(self, subject: DataSubject) -> Iterator[Export]:
        for item in self.find(subject):
            row = self.rows().get(pk=item.identifier)
            sealed = self.sealed(row)
            card = self.card(row)
            yield Export(item=item, values=self.values(row), card=card, sealed=sealed, in_vault=bool(sealed))

    def values(self, row: Any) -> Mapping[str, Any]:
        raise NotImplementedError

    def sealed(self, row: Any) -> Any:
        return ""

    def card(self, row: Any) -> Mapping[str, Any]:
        return {}

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        for customer in customers_of(subject):
            rows = self.rows().filter(**{self.rows_of: customer.pk})
            if keys := tuple(rows.values_list("pk", flat=True)):
                yield self._step(customer, keys, self.version(rows))

    def due(self, today: date) -> Iterator[Step]:
        """What hangs on customers whom the operator let go after a long silence."""
        if going := list(Customer.objects.going(today).values_list("pk", flat=True)):
            rows = self.rows().filter(**{f"{self.rows_of}__in": going})
            if keys := tuple(rows.values_list("pk", flat=True)):
                yield self._due(keys, self.version(rows))

    def _due(self, keys: tuple[UUID, ...], version: str) -> Step:
        return Step(
            source=self.name,
            action=Action.DELETE,
            rows=keys,
            version=version,
            law=_("Art. 5(1)(e) GDPR"),
            reason=_("Nothing was heard of the customer for long, and you let the data go."),
        )

    def version(self, rows: QuerySet[Any]) -> str:
        """What the preview was made of: another version, another plan."""
        return version_of(rows)

    def _step(self, customer: Customer, keys: tuple[UUID, ...], version: str) -> Step:
        held = customer.hold_reason if self.may_be_held else ""
        return Step(
            source=self.name,
            action=Action.RETAIN if held else Action.DELETE,
            rows=keys,
            version=version,
            law=_("Art. 17(3)(e) GDPR (legal claims)") if held else _("Art. 17(1) GDPR"),
            reason=held or _("nothing but the customer's agreement or contract kept it"),
            consequence="" if held else self.consequence,
        )

    consequence: ClassVar[Any] = ""


@register
class MasterData(OfCustomer):
    name = "customers.master_data"
    rows_of = "pk"
    title = _("Master data")
    erased_after = 2
    may_be_restricted = True
    consequence = _("Without these data no order can be carried out and nothing can be invoiced.")
    models = {
        Customer: everything(Customer),
        ContactPoint: everything(ContactPoint),
        ConsentEntry: everything(ConsentEntry),
        Confirmation: everything(Confirmation),
    }

    def persons(self, subject: DataSubject) -> Iterator[PersonRecord]:
        yield from map(record_of, customers_of(subject))

    def texts_naming(self, words: str, unlocked: Unlocked) -> Iterator[Item]:
        """The notes on customers; the other columns tell of the customer alone."""
        wanted = folded(words).split()
        for customer in Customer.objects.usable().exclude(notes=""):
            if wanted and all(word in folded(customer.notes) for word in wanted):
                title = _("Notes on customer {number}").format(number=customer.number)
                key = str(customer.pk)
                yield Item(
                    source=self.name, identifier=key, title=title, recorded_at=customer.created_at, matched_by=()
                )

    def addresses(self, subject: DataSubject) -> Iterator[str]:
        for customer in customers_of(subject):
            yield "" if customer.restricted_since else customer.email

    def recipients(self, subject: DataSubject) -> Iterator[Text]:
        keys = [str(customer.pk) for customer in customers_of(subject)]
        listed = Event.objects.filter(act=Act.LISTED, kind=Customer._meta.label_lower, key__in=keys).order_by("at")
        if days := dict.fromkeys(date_format(timezone.localdate(event.at)) for event in listed):
            yield _("whoever was given the table for invoicing of {days}").format(days=", ".join(days))

    def describe(self) -> Description:
        return Description(
            title=_("Customers: master data and consents"),
            persons=(
                _("customers"),
                _("their contact persons"),
            ),
            categories=(
                _("Customer number"),
                _("Name"),
                _("Company"),
                _("Address"),
                _("Telephone"),
                _("E-mail address"),
            ),
            purposes=(_("performing the contract"), _("customer retention"), _("invoicing")),
            legal_basis=_("Art. 6(1)(a) GDPR (consent) or Art. 6(1)(b) GDPR (contract), as recorded for each purpose"),
            recipients=OPERATOR_ONLY,
            retention=format_lazy(
                "{until}. {silence}",
                until=_("until the consent is withdrawn or deletion is asked for"),
                silence=retention.of_customers(),
            ),
            origin=_("told by the customer, or taken over from a file or a message; the copy tells which and when"),
            location=_("database of the website"),
        )

    def values(self, row: Customer) -> Mapping[str, Any]:
        return told.master_data(row)

    def card(self, row: Customer) -> Mapping[str, Any]:
        return told.card(row)

    def version(self, rows: QuerySet[Any]) -> str:
        """With all that goes with the row: a telephone or a consent that came after the preview is a change."""
        going = [rows, *(model.objects.filter(customer__in=rows) for model in (ContactPoint, ConsentEntry))]
        return "".join(version_of(held) for held in going)

    def page_of(self, identifier: str) -> str:
        return reverse("admin:customers_customer_page", args=[identifier])

    def correctable(self, subject: DataSubject) -> Iterator[Correctable]:
        return rights.correctable(self.name, subject)

    def correct(self, row: UUID, values: Mapping[str, str]) -> None:
        rights.correct(row, values)

    def closable(self, subject: DataSubject) -> Iterator[Closable]:
        return rights.closable(self.name, subject)

    def close(self, row: UUID, purpose: str, *, by: Operator | None, channel: str, at: datetime) -> None:
        rights.close(row, purpose, by=by, channel=channel, at=at)

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        """DELETE; or what a withdrawal did: RESTRICT ends the contact, REDACT takes the basis away."""
        found = Customer.objects.filter(pk__in=rows)
        if action != Action.DELETE:
            return self._withdraw_again(action, found)
        count = found.count()
        for customer in found:
            erase_customer(customer=customer)
        return count

    def _withdraw_again(self, action: Action, found: QuerySet[Customer]) -> int:
        purposes = [Purpose.RETENTION] if action == Action.RESTRICT else list(BASES.values())
        for customer in found:
            withdraw_again(customer=customer, purposes=purposes)
            follow_ledger(customer)
        return found.update(do_not_contact=True) if action == Action.RESTRICT else found.count()


@register
class ConsentEvidence(OfCustomer):
    name = "customers.evidence"
    rows_of = "customer"
    title = _("Evidence of a consent")
    erased_after = 3
    models = {Evidence: everything(Evidence)}

    def describe(self) -> Description:
        return Description(
            title=_("Customers: signed consents"),
            persons=(
                _("customers"),
                _("whoever signed for them"),
            ),
            categories=(_("Signature"), _("Name")),
            purposes=(_("proving the consent (Art. 7(1) GDPR)"),),
            legal_basis=_("Art. 6(1)(c) GDPR together with Art. 7(1) GDPR"),
            recipients=OPERATOR_ONLY,
            retention=_("as long as the customer's data are kept"),
            origin=_("signed by the customer"),
            location=_("database of the website, sealed to the customer's own key in the vault"),
        )

    def values(self, row: Evidence) -> Mapping[str, Any]:
        return {str(_("recorded")): row.created_at}

    def sealed(self, row: Evidence) -> Any:
        return SEALED

    def open(self, copy: Export, vault: OpenVault) -> Export:
        evidence = Evidence.objects.select_related("customer").get(pk=copy.item.identifier)
        file = read_evidence(open_vault=vault, evidence=evidence)
        return Export(item=copy.item, values=copy.values, files=((file.name, file.content),))

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        """They went with their customer, for the ledger refers to them; what is left is nobody's."""
        left: int = Evidence.objects.filter(pk__in=rows).count()
        return len(rows) - left


@register
class TechnicalData(OfCustomer):
    name = "customers.technical"
    may_be_held = False
    rows_of = "grant__customer"
    title = _("Technical record")
    erased_after = 1
    consequence = _("In an urgent case everything has to be asked for again.")
    models = {
        TechnicalRecord: everything(TechnicalRecord),
        Attachment: everything(Attachment),
        Grant: everything(Grant),
    }

    def describe(self) -> Description:
        return Description(
            title=_("Customers: technical data"),
            persons=(
                _("customers"),
                _("their employees, as far as devices lead to them"),
            ),
            categories=(_("Networks"), _("Network elements"), _("Devices"), _("Services"), _("Access data")),
            purposes=(_("helping quickly in urgent cases"),),
            legal_basis=_("Art. 6(1)(a) GDPR (written consent)"),
            recipients=(_("nobody: they are never passed on"),),
            retention=_("until the written consent is withdrawn, then erased at once"),
            origin=_("told by the customer, or found out while working for the customer"),
            location=_("database of the website, sealed to the customer's own key in the vault"),
        )

    def texts_naming(self, words: str, unlocked: Unlocked) -> Iterator[Item]:
        if isinstance(unlocked, OpenVault):
            for record, _content in search_technical_records(open_vault=unlocked, words=words):
                number = record.grant.customer.number
                title = _("Technical record of customer {number}").format(number=number)
                key, at = str(record.pk), record.created_at
                yield Item(source=self.name, identifier=key, title=title, recorded_at=at, matched_by=())

    def values(self, row: TechnicalRecord) -> Mapping[str, Any]:
        return {
            str(_("kind")): row.get_kind_display(),
            str(_("recorded")): row.created_at,
            str(_("changed")): row.updated_at,
        }

    def sealed(self, row: TechnicalRecord) -> Any:
        return SEALED

    def open(self, copy: Export, vault: OpenVault) -> Export:
        record = TechnicalRecord.objects.select_related("grant__customer").get(pk=copy.item.identifier)
        content = read_technical_record(open_vault=vault, record=record)
        values = {label: value for label, value, _secret in labelled(record.kind, content)}
        named = {**copy.values, str(_("Name")): content.get("name", ""), **values}
        files = [read_attachment(open_vault=vault, attachment=attachment) for attachment in record.attachments.all()]
        return Export(item=copy.item, values=named, files=tuple((file.name, file.content) for file in files))

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        """The records, and the grant they hang on: without it none can come again."""
        yield from super().plan(subject)
        grants = Grant.objects.filter(customer__in=list(customers_of(subject)))
        if keys := tuple(grants.values_list("pk", flat=True)):
            yield Step(
                source=self.name,
                action=Action.DELETE,
                rows=keys,
                version=version_of(grants),
                law=_("Art. 17(1)(b) GDPR"),
                reason=_("the written consent ends with the data that it allowed"),
            )

    def due(self, today: date) -> Iterator[Step]:
        yield from super().due(today)
        grants = Grant.objects.filter(customer__in=list(Customer.objects.going(today)))
        if keys := tuple(grants.values_list("pk", flat=True)):
            yield self._due(keys, version_of(grants))

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        records, grants = TechnicalRecord.objects.filter(pk__in=rows), Grant.objects.filter(pk__in=rows)
        count = records.count() + grants.count()
        records.delete()
        for grant in grants:
            end_grant(grant=grant)
        return count
