"""Consents come and go. A withdrawal is previewed, then erases what the consent alone allowed to keep.

What must never happen: a withdrawal erases more or less than the preview said. So the preview carries a
digest over everything it counted, and the deed is refused if that is no longer what is there.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from customers.clear_file import ClearFile
from customers.models import ConsentEntry, Customer, Evidence, Grant, TechnicalRecord, Wording
from customers.models.consent import Channel, Decision, Form, LegalBasis, Purpose
from customers.models.customer import BASES
from customers.refusals import Changed, NoConsent, Refused
from sitebackend.models import Operator
from sitebackend.privacy import journal
from sitebackend.privacy.registry import Action
from sitebackend.vault import services as vault

#: what a withdrawal does, in the journal's words: the holding, and what is done to it again after a restore
JOURNALLED = {
    Purpose.CONTRACT: ("customers.master_data", Action.REDACT),
    Purpose.RETENTION: ("customers.master_data", Action.RESTRICT),
    Purpose.INVOICING: ("customers.master_data", Action.REDACT),
    Purpose.TECHNICAL: ("customers.technical", Action.DELETE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a person said about one purpose; the wording is the one in force on that day unless given."""

    purpose: str
    decision: str = Decision.GIVEN
    legal_basis: str = LegalBasis.CONSENT
    form: str = Form.ORAL
    channel: str = Channel.MEETING
    given_at: datetime
    wording: Wording | None = None

    def as_entry(self, *, customer: Customer, recorded_by: Operator | None) -> ConsentEntry:
        """An unsaved line of the ledger. Raises Refused if it was said in the future, or before there was a wording.

        What rests on the contract has no wording: there was nothing to agree to.
        """
        if self.given_at > timezone.now():
            raise Refused(_("The time of a consent lies in the past."))
        by_contract = self.legal_basis == LegalBasis.CONTRACT
        if by_contract and self.decision != Decision.GIVEN:
            raise NoConsent(
                _("What rests on the contract is neither refused nor withdrawn. Choose the consent instead.")
            )
        wording = None if by_contract else self.wording_of_then()
        return ConsentEntry(
            customer=customer,
            purpose=self.purpose,
            decision=self.decision,
            legal_basis=self.legal_basis,
            form=self.form,
            channel=self.channel,
            given_at=self.given_at,
            wording=wording,
            recorded_by=recorded_by,
        )

    def wording_of_then(self) -> Wording:
        """What was agreed to: the wording given, or the one in force on that day. Raises Refused if there was none."""
        if self.wording:
            return self.wording
        try:
            return Wording.objects.current(self.purpose, timezone.localdate(self.given_at))
        except Wording.DoesNotExist as error:
            told = _("On {day} no wording for “{purpose}” was in force yet. Add the wording that was used then.")
            day, purpose = date_format(timezone.localdate(self.given_at)), Purpose(self.purpose).label
            raise Refused(told.format(day=day, purpose=purpose)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalPlan:
    """The preview: what withdrawing the consent to one purpose will do, and a digest of what it was made from."""

    purpose: str
    consequences: Sequence[str | Promise]
    records: int
    digest: str


@transaction.atomic
def record_consent(
    *, customer: Customer, statement: Statement, evidence: ClearFile | None = None, recorded_by: Operator | None
) -> ConsentEntry:
    """Append what the customer said, and let it take effect if it is their last word on the purpose.

    Raises NoConsent if technical data are agreed to otherwise than in writing with evidence, Refused if it is
    a withdrawal (which wants its preview).
    """
    _lock(customer)
    if statement.decision != Decision.GIVEN and _would_take_back(customer, statement.purpose):
        raise Refused(_("This takes back a consent in force. Use “Withdraw”, which shows beforehand what it does."))
    if statement.purpose == Purpose.TECHNICAL and statement.decision == Decision.GIVEN:
        _require_written(statement, evidence)
    entry = statement.as_entry(customer=customer, recorded_by=recorded_by)
    if evidence is not None:
        entry.evidence = keep_evidence(customer=customer, file=evidence)
    entry.save(force_insert=True)
    _take_effect(customer, entry)
    return entry


def keep_evidence(*, customer: Customer, file: ClearFile) -> Evidence:
    """Seal a proof to the customer's key and keep it."""
    evidence = Evidence(customer=customer)
    evidence.sealed = vault.seal_to_holder(bytes(customer.public_key), file.packed(), context=evidence.context)
    evidence.save(force_insert=True)
    return evidence


def plan_withdrawal(*, customer: Customer, purpose: str) -> WithdrawalPlan:
    """What withdrawing would do. Raises NoConsent if there is no consent in force to withdraw."""
    last_word = customer.entries.latest_by_purpose().get(purpose)
    if last_word is None or last_word.decision != Decision.GIVEN:
        raise NoConsent(_("There is no consent in force for this purpose."))
    if last_word.legal_basis == LegalBasis.CONTRACT:
        raise Refused(_("These data rest on the contract, not on a consent. To object, plan an erasure."))
    records = list(TechnicalRecord.objects.filter(grant__customer=customer).order_by("pk"))
    affected = records if purpose == Purpose.TECHNICAL else []
    versions = [str(last_word.pk), purpose, *(f"{record.pk}/{record.revision}" for record in affected)]
    return WithdrawalPlan(
        purpose=purpose,
        consequences=_consequences(purpose, len(affected)),
        records=len(affected),
        digest=hashlib.sha256("\n".join(versions).encode()).hexdigest(),
    )


@transaction.atomic
def withdraw_consent(
    *, customer: Customer, plan: str, purpose: str, channel: str, given_at: datetime, recorded_by: Operator | None
) -> ConsentEntry:
    """Do exactly what was previewed: `plan` is the preview's digest. Raises Changed if something changed since."""
    _lock(customer)
    if plan_withdrawal(customer=customer, purpose=purpose).digest != plan:
        raise Changed(_("Something has changed since the preview. Please look at it again."))
    withdrawal = Statement(
        purpose=purpose,
        decision=Decision.WITHDRAWN,
        form=Form.ORAL if channel in (Channel.MEETING, Channel.PHONE) else Form.WRITTEN,
        channel=channel,
        given_at=given_at,
    ).as_entry(customer=customer, recorded_by=recorded_by)
    if withdrawal.given_at < customer.entries.latest_by_purpose()[purpose].given_at:
        raise Refused(_("The withdrawal cannot be older than the consent."))
    withdrawal.save(force_insert=True)
    _write_to_journal(customer, purpose)
    if purpose == Purpose.TECHNICAL:
        Grant.objects.filter(customer=customer).delete()
    _take_effect(customer, withdrawal)
    return withdrawal


@transaction.atomic
def close_purpose(
    *, customer: Customer, purpose: str, channel: str, at: datetime, recorded_by: Operator | None
) -> None:
    """End one purpose as an objection asks: what withdrawing its consent does, previewed with the request.

    Raises NoConsent if it is closed already, Refused if it rests on the contract.
    """
    plan = plan_withdrawal(customer=customer, purpose=purpose).digest
    withdraw_consent(
        customer=customer, plan=plan, purpose=purpose, channel=channel, given_at=at, recorded_by=recorded_by
    )


@transaction.atomic
def end_grant(*, grant: Grant) -> None:
    """Erase a grant with everything on it, as an erasure asks; the ledger then says that the consent is over."""
    customer = grant.customer
    _lock(customer)
    grant.delete()
    said = Statement(
        purpose=Purpose.TECHNICAL,
        decision=Decision.WITHDRAWN,
        form=Form.WRITTEN,
        channel=Channel.ERASURE,
        given_at=timezone.now(),
    )
    said.as_entry(customer=customer, recorded_by=None).save(force_insert=True)


@transaction.atomic
def withdraw_again(*, customer: Customer, purposes: Iterable[str]) -> None:
    """After a restore the journal says that these consents are over, and the restored ledger must say it too.

    What rests on the contract is no consent. Of contract and invoicing the journal does not say which was
    withdrawn: both are over then, until the customer is asked.
    """
    for purpose in purposes:
        last_word = customer.entries.latest_by_purpose().get(purpose)
        if last_word and last_word.decision == Decision.GIVEN and last_word.legal_basis != LegalBasis.CONTRACT:
            said = Statement(
                purpose=purpose,
                decision=Decision.WITHDRAWN,
                form=Form.WRITTEN,
                channel=Channel.RESTORE,
                given_at=timezone.now(),
            ).as_entry(customer=customer, recorded_by=None)
            said.save(force_insert=True)
            _take_effect(customer, said)


def _write_to_journal(customer: Customer, purpose: str) -> None:
    """Before anything is destroyed: a restored backup must not bring back what was withdrawn."""
    source, action = JOURNALLED[Purpose(purpose)]
    rows = [customer.pk]
    if purpose == Purpose.TECHNICAL:
        records = TechnicalRecord.objects.filter(grant__customer=customer).values_list("pk", flat=True)
        rows = [*Grant.objects.filter(customer=customer).values_list("pk", flat=True), *records]
    journal.append([(source, action, rows)], now=timezone.now())


def _lock(customer: Customer) -> None:
    """One change of a customer's consents at a time."""
    Customer.objects.select_for_update().get(pk=customer.pk)


def _would_take_back(customer: Customer, purpose: str) -> bool:
    last_word = customer.entries.latest_by_purpose().get(purpose)
    return last_word is not None and last_word.decision == Decision.GIVEN


def _require_written(statement: Statement, evidence: ClearFile | None) -> None:
    if statement.form != Form.WRITTEN or evidence is None:
        raise NoConsent(_("Consent to technical data must be in writing, with the signed paper as evidence."))


def _take_effect(customer: Customer, entry: ConsentEntry) -> None:
    """Bring the customer's own columns and the grant in line with the last word on the entry's purpose."""
    last_word = customer.entries.latest_by_purpose()[entry.purpose]
    if last_word != entry:
        return  # an older statement, recorded late: it stands in the ledger and changes nothing
    if entry.purpose == Purpose.TECHNICAL:
        _grant(customer, entry)
    elif entry.purpose == Purpose.RETENTION:
        customer.do_not_contact = entry.decision != Decision.GIVEN
        customer.save(update_fields=["do_not_contact"])
    else:
        _base(customer, entry)


def _grant(customer: Customer, entry: ConsentEntry) -> None:
    if entry.decision != Decision.GIVEN:
        return
    grant = Grant.objects.filter(customer=customer).first() or Grant(customer=customer)
    grant.rest_on(entry)


def _base(customer: Customer, entry: ConsentEntry) -> None:
    if entry.decision == Decision.GIVEN:
        setattr(customer, next(field for field, purpose in BASES.items() if purpose == entry.purpose), entry)
    follow_ledger(customer)


def follow_ledger(customer: Customer) -> None:
    """Set the status to what the last words on contract and invoicing make of it."""
    sound = all(
        word.decision == Decision.GIVEN
        for purpose, word in customer.entries.latest_by_purpose().items()
        if purpose in BASES.values()
    )
    if not sound:
        customer.status = Customer.Status.NO_BASIS
    elif customer.status == Customer.Status.NO_BASIS:
        customer.status = Customer.Status.ACTIVE
    customer.save(update_fields=["status", *BASES])


def _consequences(purpose: str, records: int) -> list[str | Promise]:
    if purpose == Purpose.TECHNICAL:
        counted = ngettext_lazy(
            "%(count)d technical record is erased at once and for good.",
            "%(count)d technical records are erased at once and for good.",
            "count",
        )
        return [counted % {"count": records}, _("In an urgent case everything has to be asked for again.")]
    if purpose == Purpose.RETENTION:
        return [_("The customer is marked “do not contact”: no advertising, no greetings.")]
    return [
        _("Nothing is erased yet, but the customer's data have no basis any more."),
        _("Without these data no order can be carried out: erase the customer, or record the contract as the basis."),
    ]
