"""Two people with addresses that look alike, from the first message to the erasure: faß.de is not fass.de.

What was stored before IDNA 2008 was followed here carries digests that took them for one: it is still found, and
nothing is done with it before the operator said whose it is.
"""

import importlib
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse

from contact import services as contact
from contact.models import Submission
from customers.clear_file import ClearFile
from customers.models import BillingDocument, ContactPoint, Customer, RecipientDigest
from customers.services.billing import file_billing_document
from sitebackend import nonce
from sitebackend.crypto import lookup
from sitebackend.mail import services as outbox
from sitebackend.mail.models import OutgoingMail
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import erasure, persons, registry
from sitebackend.privacy.mail import address_mark, link_signer
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import UNCLEAR, DataSubject, Item
from sitebackend.privacy.services import execution, identity, intake
from sitebackend.privacy.statement import Statement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "vault_key")]
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SHARP, DOUBLE = "anna@faß.de", "anna@fass.de"
#: one mailbox each, as people, browsers, address books and phones write it
SPELLINGS = {
    SHARP: (SHARP, "Anna@FAẞ.de", "anna@xn--fa-hia.de", "ANNA@XN--FA-HIA.DE", "anna@faß.de\u200b", "an\u00adna@faß.de"),
    DOUBLE: (DOUBLE, "ANNA@FASS.DE", "anna@fass.de\u200b", "\u202aanna@fass.de\u202c", "anna@ｆass。de"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


@pytest.fixture
def by() -> Operator:
    return Operator.objects.create_user("otto")


def wrote(email: str, name: str = "Anna Apfel", phone: str = "", postal_code: str = "") -> Submission:
    fields = {"name": name, "street": "", "postal_code": postal_code, "city": "", "phone": phone}
    return contact.receive(fields=fields | {"email": email, "message": "?"}, reply_to="", nonce=nonce.issue(), now=NOW)


def asked(email: str, kind: Kind = Kind.ERASURE, **said: str) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=NOW.date())
    intake.record(request, said=Statement(email=email, **said), now=NOW)
    intake.mark_acknowledged(request, at=NOW)
    request.refresh_from_db()
    return request


def invoice(customer: Customer, number: str) -> BillingDocument:
    return file_billing_document(
        customer=customer, kind="invoice", number=number, issued_on=date(2026, 2, 1), amount=Decimal(1),
        currency="EUR", file=ClearFile("r.pdf", "application/pdf", b"%PDF-1.7"),
    )  # fmt: skip


def owners(items: Iterable[Item]) -> set[str]:
    return {item.owner for item in items}


def planned(subject: DataSubject) -> set[UUID]:
    return {row for step in erasure.plan(subject).steps for row in step.rows}


# --- a life


@pytest.fixture
def lives(new_customer: Callable[..., Customer]) -> dict[str, set[str]]:
    """Both wrote, in different spellings, are customers with an invoice and a further address: mailbox → keys."""
    held: dict[str, set[str]] = {}
    for number, (mailbox, spellings) in enumerate(SPELLINGS.items()):
        customer = new_customer(
            email=spellings[-1].strip("\u200b"), last_name=f"Nummer{number}", phone=f"0221 {number}55"
        )
        ContactPoint.objects.create(customer=customer, kind="email", value=f"büro@x{number}.de", label="b")
        invoice(customer, f"R-{number}")
        messages = [wrote(spelling, f"Fremd{number}") for spelling in spellings]
        held[mailbox] = {str(customer.pk), *(str(message.pk) for message in messages)}
    return held


@pytest.mark.parametrize("mailbox", [SHARP, DOUBLE])
def test_each_spelling_leads_to_all_of_the_one_and_to_nothing_of_the_other(
    mailbox: str, lives: dict[str, set[str]]
) -> None:
    for spelling in SPELLINGS[mailbox]:
        assert owners(registry.find(DataSubject(email=spelling))) == lives[mailbox], spelling
        assert {person.is_unclear for person in persons.found(DataSubject(email=spelling))} == {False}


@pytest.mark.parametrize("mailbox", [SHARP, DOUBLE])
def test_the_inbox_and_the_list_of_customers_find_the_one_alone(
    mailbox: str, lives: dict[str, set[str]], admin_client: Client
) -> None:
    for spelling in SPELLINGS[mailbox]:
        found = Submission.objects.matching(spelling)
        assert {str(row.pk) for row in found} < lives[mailbox]
        assert len(found) == len(SPELLINGS[mailbox])
        answer = admin_client.post(reverse("admin:customers_customer_search"), {"words": spelling})
        assert [str(row.pk) in lives[mailbox] for row in answer.context["found"]] == [True]
    half = admin_client.post(reverse("admin:customers_customer_search"), {"words": "fass.de"})
    assert len(half.context["found"]) == 2


@pytest.mark.parametrize("mailbox", [SHARP, DOUBLE])
def test_the_erasure_takes_all_of_the_one_and_leaves_the_other(
    mailbox: str, lives: dict[str, set[str]], by: Operator
) -> None:
    other = next(name for name in lives if name != mailbox)
    before = owners(registry.find(DataSubject(email=other)))
    request = asked(SPELLINGS[mailbox][-1])
    identity.choose(request, [person.key for person in identity.persons_found(request)])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    assert execution.left_over(request) == ()
    assert owners(registry.find(DataSubject(email=other))) == before
    assert not Submission.objects.filter(pk__in=lives[mailbox]).exists()
    assert Submission.objects.filter(pk__in=lives[other]).count() == len(SPELLINGS[other])


def test_mails_that_wait_for_one_are_not_the_other_s() -> None:
    for address in (SHARP, DOUBLE):
        outbox.queue("contact.acknowledgement", about=wrote(address).pk, to=address, facts={"to": address}, now=NOW)
    for spelling in SPELLINGS[SHARP]:
        waiting = OutgoingMail.objects.filter(recipient_digest=lookup.email(spelling))
        assert [mail.facts["to"] for mail in waiting] == [SHARP]


def test_an_account_is_led_to_by_its_own_address_alone() -> None:
    Operator.objects.create_user("a", email=SHARP), Operator.objects.create_user("b", email=DOUBLE)
    assert [one.username for one in Operator.with_email("anna@xn--fa-hia.de")] == ["a"]
    assert [one.username for one in Operator.with_email(DOUBLE)] == ["b"]


# --- what was stored before


def as_before(email: str) -> str:
    """The digest as version 1 made it."""
    return lookup._digest("email", email.strip().casefold())


def wrote_before(email: str, **changes: str) -> Submission:
    message = wrote(email, **changes)
    Submission.objects.filter(pk=message.pk).update(email_digest=as_before(email))
    return message


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("Bert@example.org", "bert@example.org"),
        ("bert@example.org\u200b", "bert@example.org"),
        ("hess@example.org", "hess@example.org"),
        ("bert@müller.de", "bert@xn--mller-kva.de"),
        ("bert@xn--mller-kva.de", "bert@MÜLLER.de"),
        ("anna@xn--fa-hia.de", SHARP),
    ],
)
def test_what_can_only_mean_one_mailbox_is_found_as_ever(then: str, now: str) -> None:
    message = wrote_before(then)
    assert not lookup.current([as_before(then)])
    assert owners(registry.find(DataSubject(email=now))) == {str(message.pk)}
    assert planned(DataSubject(email=now)) == {message.pk}
    assert list(Submission.objects.matching(now)) == [message]


@pytest.mark.parametrize("then", [SHARP, DOUBLE, "anna@fass.de\u200b"])
@pytest.mark.parametrize("now", [SHARP, DOUBLE])
def test_what_can_mean_two_is_found_and_nothing_is_done_with_it_unasked(then: str, now: str, by: Operator) -> None:
    message, subject = wrote_before(then), DataSubject(email=now)
    assert [(item.owner, item.matched_by) for item in registry.find(subject)] == [(str(message.pk), (UNCLEAR,))]
    assert planned(subject) == set()
    assert registry.export(subject) == []
    with pytest.raises(persons.Undecided, match="„ß“"):
        persons.narrowed(subject, None)
    request = asked(now)
    for deed in (execution.preview, lambda request: identity.settle(request, identity=Identity.MATCHED, now=NOW)):
        with pytest.raises(Refused):
            deed(request)
    assert not identity.is_decided(request)
    assert identity.chosen(request) == []
    identity.choose(request, [str(message.pk)])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    assert message.pk in {row for step in execution.preview(request).steps for row in step.rows}


def test_a_link_to_the_mailbox_does_not_decide_it_either(new_customer: Callable[..., Customer]) -> None:
    customer, message = new_customer(email=DOUBLE), wrote_before(SHARP)
    request = asked(DOUBLE)
    identity.ask_by_link(request, now=NOW)
    assert identity.confirm_by_link(link_signer.sign(f"{request.pk}:{address_mark(request)}"), now=NOW)
    request.refresh_from_db()
    assert {person.key for person in identity.chosen(request)} == {str(customer.pk)}
    assert message.pk not in {row for step in execution.preview(request).steps for row in step.rows}


@pytest.mark.parametrize(("address", "counts"), [("bert@example.org", True), (SHARP, False), (DOUBLE, False)])
def test_a_link_mailed_before_counts_where_it_can_only_mean_that_mailbox(
    address: str, counts: bool, new_customer: Callable[..., Customer]
) -> None:
    new_customer(email=address)
    request = asked(address)
    identity.ask_by_link(request, now=NOW)
    mailed = link_signer.sign(f"{request.pk}:{as_before(address)[:20]}")
    assert (identity.request_behind(mailed) is not None) == counts


@pytest.mark.parametrize("besides", [{"phone": "0711 55"}, {"name": "Anna Apfel", "postal_code": "50667"}])
def test_another_statement_makes_it_clear(besides: dict[str, str]) -> None:
    message = wrote_before(SHARP, phone="0711 55", postal_code="50667")
    subject = DataSubject(email=SHARP, **besides)
    assert planned(subject) == {message.pk}
    assert not persons.need_a_choice(persons.found(subject))


def test_an_old_digest_makes_no_two_records_one_person(new_customer: Callable[..., Customer]) -> None:
    """The same name and the same old digest: they may be two namesakes at two mailboxes."""
    one, two = wrote_before(SHARP), wrote_before(DOUBLE)
    new_customer(email=DOUBLE, first_name="Anna", last_name="Apfel", company="", phone="0221 1")
    found = persons.found(DataSubject(email=DOUBLE))
    assert [len(person.records) for person in found] == [1, 1, 1]
    assert {str(one.pk), str(two.pk)} == {person.key for person in found if person.is_unclear}


def test_on_the_shell_it_is_a_list_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    message, out = wrote_before(SHARP), StringIO()
    with pytest.raises(CommandError, match="--person") as refusal:
        call_command("subject", "plan", "--email", DOUBLE, stdout=out)
    assert refusal.value.returncode == 1
    assert str(message.pk) in out.getvalue()
    chosen = StringIO()
    call_command("subject", "plan", "--email", DOUBLE, "--person", str(message.pk), stdout=chosen)
    assert "contact.submissions" in chosen.getvalue()


def test_the_page_of_a_request_asks_whose_it_is(admin_client: Client) -> None:
    message = wrote_before(SHARP)
    page = admin_client.get(f"/admin/privacy/datasubjectrequest/{asked(DOUBLE).pk}/change/", follow=True)
    text = page.content.decode()
    assert f'name="person" value="{message.pk}"' in text
    assert "für eine gehalten" in text
    assert "Es passt: Die Person ist, wer sie zu sein angibt" not in text


def test_documents_of_a_former_customer_are_found_and_told_apart_like_messages(
    new_customer: Callable[..., Customer],
) -> None:
    document = invoice(new_customer(email=DOUBLE, phone="0221 77"), "R-1")
    old = RecipientDigest.objects.filter(document=document, statement="email")
    models.QuerySet.update(old, digest=as_before(DOUBLE))
    Customer.objects.all().delete()
    for address in (SHARP, DOUBLE):
        [item] = registry.find(DataSubject(email=address))
        assert item.matched_by == (UNCLEAR,)
        assert planned(DataSubject(email=address)) == set()
    assert planned(DataSubject(email=DOUBLE, phone="0221 77")) == {document.pk}


# --- when version 2 comes


def migrated(app: str, name: str) -> None:
    module = importlib.import_module(
        {"mail": "sitebackend.mail", "privacy": "sitebackend.privacy"}.get(app, app) + f".migrations.{name}"
    )
    module.renew(MigrationExecutor(connection).loader.project_state((app, name)).apps, None)


def test_rows_whose_words_are_here_get_new_digests(new_customer: Callable[..., Customer]) -> None:
    customer = new_customer(email=SHARP)
    ContactPoint.objects.create(customer=customer, kind="email", value="post@weiß.de", label="b")
    invoice(customer, "R-1")
    request = asked(SHARP)
    outbox.queue("contact.acknowledgement", about=wrote(SHARP).pk, to=SHARP, facts={"to": SHARP}, now=NOW)
    outbox.queue("customers.confirmation", about=customer.pk, to=SHARP, facts={"entries": []}, now=NOW)
    Submission.objects.all().delete()
    for row in (customer, request):
        models.QuerySet.update(type(row)._default_manager.all(), email_digest=as_before(SHARP))
    models.QuerySet.update(Customer.objects.all(), search_text="")
    models.QuerySet.update(ContactPoint.objects.all(), digest=as_before("post@weiß.de"), search_text="")
    for address in (SHARP, "post@weiß.de"):
        models.QuerySet.update(RecipientDigest.objects.filter(digest=lookup.email(address)), digest=as_before(address))
    models.QuerySet.update(OutgoingMail.objects.exclude(recipient_digest=""), recipient_digest=as_before(SHARP))
    for app, name in (
        ("mail", "0002_recipients_by_their_mailbox"),
        ("customers", "0016_found_by_mailbox"),
        ("privacy", "0018_found_by_mailbox"),
    ):
        migrated(app, name)
    assert {item.source for item in registry.find(DataSubject(email=SHARP)) if UNCLEAR not in item.matched_by} >= {
        "customers.master_data", "customers.billing", "privacy.requests", "mail.outbox",
    }  # fmt: skip
    assert registry.find(DataSubject(email=DOUBLE)) == []
    assert registry.find(DataSubject(email="post@xn--wei-7ka.de"))
    assert list(Customer.objects.matching(SHARP)) == list(Customer.objects.matching("post@weiß.de")) == [customer]
    assert list(Customer.objects.matching(DOUBLE)) == []
    assert set(OutgoingMail.objects.exclude(recipient_digest="").values_list("recipient_digest", flat=True)) == {
        lookup.email(SHARP)
    }
