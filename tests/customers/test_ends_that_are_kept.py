"""Every end that a person is told of a billing document is the day on which it goes, also after a restore."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from customers.clear_file import ClearFile
from customers.models import BillingDocument, Customer
from customers.models.billing import HoldGround
from customers.services import billing
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import erasure, journal, registry, traces
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.registry import Action, DataSubject, Measure
from sitebackend.privacy.services import answer, execution, identity, intake, rights
from sitebackend.privacy.statement import Statement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
YEAR = TODAY.year


@pytest.fixture(autouse=True)
def _site(monkeypatch: pytest.MonkeyPatch) -> None:
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")
    monkeypatch.setattr(traces, "wipe", lambda: True)  # it must run outside a transaction; test_traces does it for real


def file_one(customer: Customer, number: str, issued_on: date, kind: str = "invoice") -> BillingDocument:
    """Filed on the day of issue, and so within its period."""
    with time_machine.travel(datetime.combine(issued_on, time(12), tzinfo=UTC)):
        return billing.file_billing_document(
            customer=customer,
            kind=kind,
            number=number,
            issued_on=issued_on,
            amount=Decimal("119.00"),
            currency="EUR",
            file=ClearFile("r.pdf", "application/pdf", b"%PDF-1.7 r"),
        )


def ask(customer: Customer, *, kind: Kind = Kind.ERASURE) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.MAIL, received_on=TODAY)
    said = Statement(name=customer.full_name, email=customer.email, number=customer.number)
    intake.record(request, said=said, now=NOW)
    deliver_due(NOW)
    request.refresh_from_db()
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    return request


def erase(request: DataSubjectRequest, by: Operator) -> None:
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    execution.tell_journal(NOW)
    deliver_due(NOW)
    execution.verify_due(NOW)
    request.refresh_from_db()


def letter(request: DataSubjectRequest, outcome: Outcome, by: Operator) -> str:
    answer.finish(request, outcome=outcome, by=by, now=NOW)
    deliver_due(NOW)
    return str(mail.outbox[-1].body)


def retain_on(day: date) -> set[UUID]:
    """Which documents that day's retention takes."""
    return {row for step in erasure.due(day).destructive if step.source == "customers.billing" for row in step.rows}


def german(day: date) -> str:
    with translation.override("de"):
        return date_format(day)


def test_what_the_letter_promises_is_on_the_row_and_retention_obeys_it(customer: Customer, operator: Operator) -> None:
    """Seen: the letter said "kept until 31 December 2026", the invoice went on 1 January 2029."""
    document = file_one(customer, "R-007", date(YEAR - 7, 6, 1))
    request = ask(customer)
    erase(request, operator)
    text = letter(request, Outcome.PARTLY, operator)
    assert f"Rechnung R-007 vom 1. Juni {YEAR - 7}: bis 31. Dezember {YEAR + 1}, länger nur, wenn das Finanzamt" in text
    assert text.count("31. Dezember") == 1
    assert str(YEAR + 3) not in text  # ten years, which the objection ended
    document.refresh_from_db()
    assert document.objected_on == TODAY
    assert retain_on(date(YEAR + 1, 12, 31)) == set()
    assert retain_on(date(YEAR + 2, 1, 1)) == {document.pk}
    execution.run_retention(NOW + timedelta(days=40))  # the request's own text goes; the promise stays
    document.refresh_from_db()
    assert document.ends_on == date(YEAR + 1, 12, 31)


def test_the_promise_is_in_the_journal_and_a_restore_writes_it_again(customer: Customer, operator: Operator) -> None:
    document = file_one(customer, "R-2020-001", date(YEAR - 6, 6, 1))
    execution.erase(request := ask(customer), plan_hash=execution.preview(request).hash, by=operator, now=NOW)
    [line] = [entry for entry in journal.entries() if entry.action == Measure.PROMISE]
    assert (line.source, line.rows) == ("customers.billing", (document.pk,))
    assert line.mark == journal.Mark(objected_on=TODAY, promised_until=date(YEAR + 2, 12, 31))
    restored = BillingDocument.objects.filter(pk=document.pk)
    super(type(restored), restored).update(objected_on=None)  # as an older backup has it
    erasure.replay(journal.entries())
    document.refresh_from_db()
    assert document.objected_on == TODAY
    erasure.replay(journal.entries())  # and once more
    assert BillingDocument.objects.get().objected_on == TODAY


def test_what_the_law_keeps_whole_is_refused_with_its_end_and_that_is_kept(
    customer: Customer, operator: Operator
) -> None:
    """The customer is gone; a second request finds nothing but the invoice."""
    document = file_one(customer, "R-2-1", date(YEAR - 2, 6, 1))
    erasure.erase(
        DataSubject(email=customer.email), plan_hash=erasure.plan(DataSubject(email=customer.email)).hash, now=NOW
    )
    BillingDocument.objects.filter(pk=document.pk).end_with_the_law(TODAY)
    request = ask(customer)
    text = letter(request, Outcome.REFUSED, operator)
    assert f"Rechnung R-2-1 vom 1. Juni {YEAR - 2}: bis 31. Dezember {YEAR + 6}" in text
    assert "Folgendes gelöscht" not in text
    assert retain_on(date(YEAR + 7, 1, 1)) == {document.pk}


def test_the_preview_names_every_document_and_leads_to_where_it_is_held(customer: Customer) -> None:
    numbers = {"R-1", "R-2"}
    for number in numbers:
        file_one(customer, number, date(YEAR - 2, 6, 1))
    plan = execution.preview(ask(customer))
    steps = [step for step in plan.retained if step.source == "customers.billing"]
    assert {str(step.title).split()[1] for step in steps} == numbers
    pages = [registry.source(step.source).page_of(str(step.rows[0])) for step in steps]
    assert all(page.endswith("/hold/") for page in pages)


@pytest.mark.parametrize(
    ("ground", "cited"), [(HoldGround.TAX, "17(3)(b)"), (HoldGround.CLAIM, "17(3)(e)"), ("", "17(3)(b) or (e)")]
)
@pytest.mark.parametrize("years", [14, 2])
@pytest.mark.usefixtures("in_english")
def test_a_hold_cites_what_it_rests_on(customer: Customer, ground: str, cited: str, years: int) -> None:
    document = file_one(customer, "R-1", date(YEAR - years, 6, 1))
    billing.hold(document=document, reason="Einspruch", ground=ground)
    [step] = [step for step in execution.preview(ask(customer)).retained if step.source == "customers.billing"]
    assert cited in str(step.law)
    assert "17(1)" not in str(step.law)
    assert "Einspruch" in str(step.reason)
    assert step.until is None


def test_a_hold_that_ends_lets_the_promise_win(customer: Customer, operator: Operator) -> None:
    document = file_one(customer, "R-1", date(YEAR - 11, 6, 1))
    billing.hold(document=document, reason="Einspruch", ground=HoldGround.CLAIM)
    erase(ask(customer), operator)
    document.refresh_from_db()
    assert document.objected_on == TODAY
    assert retain_on(TODAY) == set()
    billing.release(document=document)
    assert retain_on(TODAY) == set()
    assert retain_on(TODAY + timedelta(days=1)) == {document.pk}


def test_a_hold_that_ends_after_its_period_and_a_late_objection_wait_for_nobodys_word(
    customer: Customer, operator: Operator
) -> None:
    """“And no longer”: what the operator or the law let go is not due before the last run, it falls due tonight."""
    held, objected = (
        file_one(customer, f"R-{number}", date(YEAR - years, 6, 1)) for number, years in ((1, 11), (2, 9))
    )
    billing.hold(document=held, reason="Einspruch", ground=HoldGround.CLAIM)
    execution.run_retention(NOW)
    billing.release(document=held)
    BillingDocument.objects.filter(pk=objected.pk).end_with_the_law(TODAY)
    assert execution.overdue(NOW) is None
    assert execution.run_retention(NOW + timedelta(days=1)) == 2
    assert not BillingDocument.objects.exists()


def test_the_copy_of_a_document_held_again_tells_no_ended_hold(customer: Customer) -> None:
    document = file_one(customer, "R-2020-004", date(YEAR - 6, 6, 1))
    billing.hold(document=document, reason="Prüfung", ground=HoldGround.TAX)
    billing.release(document=document)
    billing.hold(document=document, reason="Streit", ground=HoldGround.CLAIM)
    (copy,) = registry.source("customers.billing").export(DataSubject(email=customer.email))
    assert [str(label) for label, value in copy.values.items() if value == TODAY] == []
    assert "Streit" in map(str, copy.values.values())


def test_an_objection_to_the_years_beyond_the_law_ends_them_for_all_documents_and_no_others(
    customer: Customer, operator: Operator, new_customer: Callable[..., Customer]
) -> None:
    mine = {file_one(customer, f"R-{number}", date(YEAR - number, 6, 1)).pk for number in (2, 3)}
    other = file_one(
        new_customer(email="b@example.org", phone="040 1", last_name="Andere"), "B-1", date(YEAR - 2, 6, 1)
    )
    request = ask(customer, kind=Kind.OBJECTION)
    [purpose] = [found for found in rights.closable(request.subject()) if found.source == "customers.billing"]
    deed = partial(rights.close, keys=[purpose.key], by=operator, channel=Channel.MAIL, now=NOW)
    rights.carry_out(request, deed, by=operator, now=NOW)
    assert retain_on(date(YEAR + 7, 1, 1)) == mine
    assert [set(line.rows) for line in journal.entries() if line.action == Measure.PROMISE] == [mine]
    assert BillingDocument.objects.get(pk=other.pk).objected_on is None


def test_the_copy_tells_the_end_that_an_objection_made(customer: Customer) -> None:
    """Seen: after the objection the copy still said that the document is kept for ten years."""
    document = file_one(customer, "R-1", date(YEAR - 2, 6, 1))
    for objected_on, end in ((None, YEAR + 8), (TODAY, YEAR + 6)):
        if objected_on:
            BillingDocument.objects.filter(pk=document.pk).end_with_the_law(objected_on)
        source = registry.source("customers.billing")
        [copy] = source.export(DataSubject(email=customer.email))
        assert copy.values["aufbewahrt bis"] == date(end, 12, 31)


def test_the_cockpit_shows_the_end_that_an_objection_made(customer: Customer, admin_client: Client) -> None:
    document = file_one(customer, "R-1", date(YEAR - 2, 6, 1))
    BillingDocument.objects.filter(pk=document.pk).end_with_the_law(TODAY)
    of_the_list = reverse("admin:customers_billingdocument_changelist")
    of_the_document = reverse("admin:customers_billingdocument_change", args=[document.pk])
    of_the_customer = reverse("admin:customers_customer_page", args=[customer.pk])
    for page in (of_the_list, of_the_document, of_the_customer):
        shown = admin_client.get(page).content.decode()
        assert str(YEAR + 6) in shown, page
        assert f"31. Dezember {YEAR + 8}" not in shown, page
        assert f"31.12.{YEAR + 8}" not in shown, page


def test_the_erasure_log_names_the_documents(customer: Customer, operator: Operator) -> None:
    file_one(customer, "R-2016-044", date(YEAR - 10, 6, 1))
    request = ask(customer)
    erase(request, operator)
    named = [line for line in request.receipt or () if line[0] == "customers.billing"]
    assert [(action, count) for _source, action, count, _name in named] == [(Action.DELETE, 1)]
    assert "R-2016-044" in named[0][3]


@pytest.mark.parametrize("seed", range(25))
def test_every_end_told_is_the_last_day_before_it_went(
    customer: Customer, operator: Operator, settings: object, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same lives each time
    documents: dict[str, BillingDocument] = {}
    for number in range(chance.randint(1, 5)):
        settings.BILLING_RETENTION_YEARS = chance.choice([8, 9, 10, 12, 30])  # type: ignore[attr-defined]
        issued_on = TODAY - timedelta(days=chance.randint(0, 12 * 365))
        kind = chance.choice(BillingDocument.Kind.values)
        document = file_one(customer, f"N-{number}", issued_on, kind)
        if chance.random() < 0.25:
            billing.hold(document=document, reason="Streit", ground=chance.choice(HoldGround.values))
        if chance.random() < 0.2:
            BillingDocument.objects.filter(pk=document.pk).end_with_the_law(TODAY - timedelta(days=3))
        documents[f"N-{number}"] = document
    request = ask(customer)
    erase(request, operator)
    left = BillingDocument.objects.all()
    text = letter(request, Outcome.PARTLY if left else Outcome.GRANTED, operator)
    for number, document in documents.items():
        [*lines] = [line for line in text.splitlines() if f" {number} vom" in line]
        if not left.filter(pk=document.pk):
            assert lines == []
            continue
        [line] = lines
        now = left.get(pk=document.pk)
        by_law = now.statutory_until >= TODAY
        assert (german(now.statutory_until) in line) is by_law
        billing.release(document=now)  # what a hold keeps has no day; the sentence says so
        assert ("mindestens" in line or "länger nur" in line) is by_law
        last = now.statutory_until if by_law else TODAY
        assert document.pk not in retain_on(last)
        assert document.pk in retain_on(last + timedelta(days=1))
