"""One person at a time: who shares an address, a telephone or a name with somebody gets nothing of theirs."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core import mail as sent
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contact import reading
from contact import services as contact
from contact.models import Submission
from customers.clear_file import ClearFile
from customers.models import Customer
from customers.services.billing import file_billing_document
from customers.services.register import register_customer
from customers.services.technical import add_technical_record
from sitebackend import nonce
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import documents, erasure, mail, persons, registry
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject, PersonRecord
from sitebackend.privacy.services import answer, execution, identity, intake, outcomes, rights
from sitebackend.privacy.statement import Statement
from sitebackend.vault.models import VaultEvent
from sitebackend.vault.opened import OpenVault
from tests.customers.conftest import agree_to_technical_data, statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "vault_key")]
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SHARED = "info@familie.example.de"
PAGE = "/admin/privacy/datasubjectrequest/"


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


@pytest.fixture
def by() -> Operator:
    return Operator.objects.create_user("otto")


@pytest.fixture
def couple(new_customer: Callable[..., Customer]) -> tuple[Customer, Customer]:
    """Two customers who share a mail address; each has an invoice."""
    anna = new_customer(email=SHARED, first_name="Anna", last_name="Apfel", company="", phone="0221 1")
    bernd = new_customer(email=SHARED, first_name="Bernd", last_name="Birne", company="", phone="0221 2", city="Birnau")
    for customer, number in ((anna, "A-1"), (bernd, "B-1")):
        invoice(customer, number)
    return anna, bernd


def invoice(customer: Customer, number: str, issued_on: date = date(2026, 2, 1)) -> Any:
    file = ClearFile("r.pdf", "application/pdf", b"%PDF-1.7 " + number.encode())
    return file_billing_document(
        customer=customer, kind="invoice", number=number, issued_on=issued_on, amount=Decimal(1), currency="EUR",
        file=file,
    )  # fmt: skip


def wrote(name: str, email: str = SHARED, phone: str = "0221 9", postal_code: str = "50667") -> Submission:
    fields = {"name": name, "street": "Weg 1", "postal_code": postal_code, "city": "Köln", "phone": phone}
    typed = fields | {"email": email, "message": "?"}
    return contact.receive(fields=typed, reply_to=email, nonce=nonce.issue(), now=NOW)


def asked(kind: Kind = Kind.ACCESS, **said: str) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=NOW.date())
    intake.record(request, said=Statement(**{"email": SHARED, **said}), now=NOW)
    intake.mark_acknowledged(request, at=NOW)
    request.refresh_from_db()
    return request


def told(request: DataSubjectRequest) -> str:
    return str(answer.copies(request))


# --- two customers at one address


def test_each_is_a_person_with_number_and_name(couple: tuple[Customer, Customer]) -> None:
    found = identity.persons_found(asked())
    assert {person.key for person in found} == {str(customer.pk) for customer in couple}
    assert [customer.number in person.title for person, customer in zip(found, couple, strict=True)] == [True, True]
    assert ["Anna Apfel" in found[0].title, "Bernd Birne" in found[1].title] == [True, True]


def test_while_nobody_is_chosen_nothing_is_copied_planned_erased_or_settled(
    couple: tuple[Customer, Customer], by: Operator
) -> None:
    request = asked(Kind.ERASURE)
    with pytest.raises(Refused, match="Mehrere Personen"):
        identity.settle(request, identity=Identity.MATCHED, now=NOW)
    for deed in (answer.copies, execution.preview, lambda request: rights.correctable(request.subject())):
        with pytest.raises(Refused, match="Mehrere Personen"):
            deed(request)


def test_the_copy_holds_nothing_of_the_other(couple: tuple[Customer, Customer], vault_key: bytes) -> None:
    anna, _bernd = couple
    request = asked()
    identity.choose(request, [str(anna.pk)])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    vault = OpenVault(vault_key, locks_at=datetime(2099, 1, 1, tzinfo=UTC))
    page = documents.as_html(documents.collect(request, registry.opened(answer.copies(request), vault)))
    assert "Apfel" in page
    assert "A-1" in page
    assert [word for word in ("Birne", "Birnau", "B-1", "0221 2") if word in page] == []


def test_the_plan_names_the_chosen_alone_and_its_hash_binds_the_choice(
    couple: tuple[Customer, Customer], by: Operator
) -> None:
    anna, bernd = couple
    request = asked(Kind.ERASURE)
    identity.choose(request, [str(bernd.pk)])
    outdated = execution.preview(request).hash
    identity.choose(request, [str(anna.pk)])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    rows = {row for step in execution.preview(request).steps for row in step.rows}
    assert {anna.pk, *anna.documents.values_list("pk", flat=True)} <= rows
    assert rows & {bernd.pk, *bernd.documents.values_list("pk", flat=True)} == set()
    with pytest.raises(erasure.PlanOutdated):
        execution.erase(request, plan_hash=outdated, by=by, now=NOW)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    assert list(Customer.objects.all()) == [bernd]


def test_two_empty_plans_of_two_persons_are_two_plans() -> None:
    plans = {erasure.Plan((), persons=chosen).hash for chosen in (None, frozenset({"a"}), frozenset({"b"}))}
    assert len(plans) == 3


def test_after_the_erasure_the_letter_names_the_documents_of_the_chosen_alone(
    couple: tuple[Customer, Customer], by: Operator
) -> None:
    """The customers' rows are gone: the documents themselves tell whose they are."""
    requests = [asked(Kind.ERASURE) for _customer in couple]
    for request, customer in zip(requests, couple, strict=True):
        identity.choose(request, [str(customer.pk)])
        identity.settle(request, identity=Identity.MATCHED, now=NOW)
        execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    kept = [{row for step in outcomes.kept(request) for row in step.rows} for request in requests]
    assert [len(rows) for rows in kept] == [1, 1]
    assert kept[0] & kept[1] == set()
    assert len(identity.persons_found(asked())) == 2


def test_two_customers_are_never_one(couple: tuple[Customer, Customer]) -> None:
    with pytest.raises(Refused, match="Zwei Kunden"):
        identity.choose(asked(), [str(customer.pk) for customer in couple])


def test_somebody_who_was_not_found_cannot_be_chosen(couple: tuple[Customer, Customer], customer: Customer) -> None:
    with pytest.raises(Refused, match="nicht unter"):
        identity.choose(asked(), [str(customer.pk)])


def test_who_is_neither_of_them_gets_nothing_of_theirs(couple: tuple[Customer, Customer], admin_client: Client) -> None:
    request = asked(name="Carla Kirsch")
    admin_client.post(f"{PAGE}{request.pk}/step/nobody/")
    request.refresh_from_db()
    assert request.identity == Identity.NOTHING_HELD
    assert [copy.item.source for copy in answer.copies(request)] == ["privacy.requests"]


def test_who_comes_after_the_choice_changes_nothing(
    couple: tuple[Customer, Customer], new_customer: Callable[..., Customer]
) -> None:
    anna, _bernd = couple
    request = asked()
    identity.choose(request, [str(anna.pk)])
    before = told(request)
    new_customer(email=SHARED, last_name="Dattel", company="", phone="0221 4")
    assert told(request) == before


def test_one_person_needs_no_choice(customer: Customer) -> None:
    request = asked(email=customer.email)
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    assert [record["key"] for record in request.statement.persons or ()] == [str(customer.pk)]


def test_what_was_done_for_one_is_not_counted_for_another(couple: tuple[Customer, Customer], by: Operator) -> None:
    anna, bernd = couple
    request = asked()
    identity.choose(request, [str(anna.pk)])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    answer.note_handed_over(request, by=by, now=NOW)
    with pytest.raises(Refused, match="eigene Betroffenenanfrage"):
        identity.choose(request, [str(bernd.pk)])


# --- senders


def test_two_senders_at_one_address_are_two_and_two_messages_of_one_are_one() -> None:
    first, again, other = wrote("Anna Apfel"), wrote("Apfel, Anna"), wrote("Bernd Birne")
    found = identity.persons_found(asked())
    assert sorted(sorted(person.keys) for person in found) == sorted(
        [sorted([str(first.pk), str(again.pk)]), [str(other.pk)]]
    )


def test_senders_without_a_postal_code_are_told_apart_by_their_names() -> None:
    wrote("Anna Apfel", postal_code="")
    wrote("Anna Apfel", postal_code="")
    wrote("Bernd Birne", postal_code="")
    assert sorted(len(person.keys) for person in identity.persons_found(asked())) == [1, 2]


def test_whose_a_message_is_that_tells_no_name_cannot_be_told_and_is_not_guessed(
    couple: tuple[Customer, Customer],
) -> None:
    wrote("")
    Submission.objects.update(sender_digest="", name_digest="")  # as older ones are
    wrote("Anna Apfel", phone="0221 1", postal_code=couple[0].postal_code)
    found = identity.persons_found(asked())
    assert sorted(len(person.keys) for person in found) == [1, 1, 2]
    assert next(person for person in found if len(person.keys) == 2).key == str(couple[0].pk)


def test_a_message_that_could_be_of_two_namesakes_is_of_neither(new_customer: Callable[..., Customer]) -> None:
    for _namesake in range(2):
        new_customer(email=SHARED, first_name="Hans", last_name="Apfel", company="", phone="0221 1")
    wrote("Hans Apfel", phone="0221 1")
    assert [len(person.keys) for person in identity.persons_found(asked())] == [1, 1, 1]


def test_the_operator_may_tick_a_message_under_another_name_as_theirs(couple: tuple[Customer, Customer]) -> None:
    message = wrote("Fr. Apfel")
    request = asked()
    identity.choose(request, [str(couple[0].pk), str(message.pk)])
    assert {item.owner for item in identity.held(request)} == {str(couple[0].pk), str(message.pk)}


def test_what_the_chosen_sends_later_is_theirs_also_when_the_rows_are_gone(by: Operator) -> None:
    wrote("Anna Apfel"), wrote("Bernd Birne")
    request = asked(Kind.ERASURE, name="Anna Apfel")
    anna = next(person for person in identity.persons_found(request) if person.is_named("anna apfel"))
    identity.choose(request, [anna.key])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    assert execution.left_over(request) == ()
    assert Submission.objects.count() == 1
    later = wrote("Anna Apfel")
    wrote("Bernd Birne")
    assert [step.rows for step in execution.left_over(request)] == [(later.pk,)]


# --- requests


def test_the_request_of_another_at_the_same_address_is_not_in_the_copy(couple: tuple[Customer, Customer]) -> None:
    others = asked(Kind.ERASURE, name="Bernd Birne", message="Mein Geheimnis")
    request = asked(name="Anna Apfel")
    identity.choose(request, [str(couple[0].pk)])
    assert "Mein Geheimnis" not in told(request)
    assert request.reference in told(request)
    identity.choose(others, [str(couple[1].pk)])
    assert others.reference in told(others)
    assert request.reference not in told(others)


# --- a link proves the mailbox


def confirmed(request: DataSubjectRequest, **added: str) -> DataSubjectRequest:
    identity.ask_by_link(request, now=NOW)
    deliver_due(NOW)
    link = next(line for line in str(sent.outbox[-1].body).splitlines() if "://" in line).partition("example.de")[2]
    assert Client().post(link, added).status_code == 200
    return DataSubjectRequest.objects.get(pk=request.pk)


def test_a_link_to_a_shared_mailbox_does_not_tell_which_of_them_asks(
    couple: tuple[Customer, Customer], admin_client: Client
) -> None:
    request = confirmed(asked(name="Anna Apfel"))
    assert request.identity == Identity.CONFIRMED
    with pytest.raises(persons.Undecided):
        answer.copies(request)
    page = admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    assert "Der Link hat das Postfach bewiesen." in page
    assert "2. Die Kopie" not in page
    admin_client.post(f"{PAGE}{request.pk}/step/choose/", {"person": str(couple[0].pk)})
    request.refresh_from_db()
    assert "Birne" not in told(request)


@pytest.mark.parametrize("statement", ["number", "reference", "postal_code"])
def test_a_second_statement_decides(couple: tuple[Customer, Customer], statement: str) -> None:
    anna, bernd = couple
    bernd.postal_code = "99999"
    bernd.save()
    message = wrote("Bernd Birne", phone=bernd.phone, postal_code="99999")
    said = {"number": bernd.number, "reference": message.reference, "postal_code": "99999"}[statement]
    request = confirmed(asked(name="B. B."), **{"postal_code" if statement == "postal_code" else "number": said})
    assert {item.owner for item in identity.held(request)} == {str(bernd.pk), str(message.pk)}
    assert anna.number not in told(request)


def test_a_second_statement_that_fits_both_decides_nothing(couple: tuple[Customer, Customer]) -> None:
    request = confirmed(asked(name="Anna Apfel"), postal_code=couple[1].postal_code)
    assert not identity.is_decided(request)


def test_the_page_behind_the_link_asks_everybody_the_same(
    customer: Customer, couple: tuple[Customer, Customer]
) -> None:
    """Nobody learns there whether somebody else is known at the address."""
    pages = []
    for address in (customer.email, SHARED):
        identity.ask_by_link(asked(email=address), now=NOW)
        deliver_due(NOW)
        link = next(line for line in str(sent.outbox[-1].body).splitlines() if "://" in line).partition("example.de")[2]
        pages.append(Client().get(link).content.decode().replace(link, ""))
    assert pages[0] == pages[1]
    assert "Kundennummer" in pages[0]


# --- the page


def test_the_page_shows_both_persons_and_no_button_that_takes_them_together(
    couple: tuple[Customer, Customer], admin_client: Client
) -> None:
    request = asked()
    page = admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    for customer in couple:
        assert f'value="{customer.pk}"' in page
        assert customer.number in page
    assert "Texte anderer" in page
    assert "step/matched" in page
    admin_client.post(f"{PAGE}{request.pk}/step/matched/")
    request.refresh_from_db()
    assert request.identity == ""
    admin_client.post(f"{PAGE}{request.pk}/step/matched/", {"person": str(couple[0].pk)})
    request.refresh_from_db()
    assert request.identity == Identity.MATCHED
    page = admin_client.get(f"{PAGE}{request.pk}/change/").content.decode()
    assert "A-1" in page.partition("2. Die Kopie")[2]
    assert "B-1" not in page.partition("2. Die Kopie")[2]


# --- the shell


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("subject", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("verb", ["find", "export", "plan", "erase", "restrict", "rectify", "object"])
def test_on_the_shell_several_persons_are_a_list_and_exit_code_1(couple: tuple[Customer, Customer], verb: str) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="--person") as refusal:
        call_command("subject", verb, "--email", SHARED, stdout=out)
    assert refusal.value.returncode == 1
    for customer in couple:
        assert str(customer.pk) in out.getvalue()
        assert customer.number in out.getvalue()
    assert "Birnau" not in out.getvalue()


def test_on_the_shell_person_chooses(couple: tuple[Customer, Customer]) -> None:
    anna, bernd = couple
    chosen = ("--email", SHARED, "--person", str(anna.pk))
    assert "Birne" not in run("export", *chosen)
    plan = json.loads(run("plan", *chosen, "--json"))
    theirs = json.loads(run("plan", "--email", SHARED, "--person", str(bernd.pk), "--json"))
    with pytest.raises(CommandError):
        run("erase", *chosen, "--yes", theirs["hash"])
    run("erase", *chosen, "--yes", plan["hash"])
    assert list(Customer.objects.all()) == [bernd]
    with pytest.raises(CommandError, match="nicht unter"):
        run("find", "--email", SHARED, "--person", "00000000-0000-0000-0000-000000000000")


def test_the_list_is_there_for_machines(couple: tuple[Customer, Customer]) -> None:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("subject", "find", "--email", SHARED, "--json", stdout=out)
    listed = json.loads(out.getvalue())["persons"]
    assert {person["key"] for person in listed} == {str(customer.pk) for customer in couple}
    assert {person["number"] for person in listed} == {customer.number for customer in couple}


# --- lives


@dataclass
class Human:
    """Somebody real, who shares with the others what the life says; `word` stands in all that is theirs alone."""

    word: str
    email: str
    phone: str
    name: str
    rows: set[str] = field(default_factory=set)
    customer: Customer | None = None

    def does(self, event: str) -> None:
        {"message": self._message, "customer": self._customer, "invoice": self._invoice, "request": self._request}[
            event
        ]()

    def _message(self) -> None:
        self.rows.add(str(wrote(self.name, self.email, self.phone).pk))

    def _customer(self) -> None:
        if self.customer is None:
            data = {"last_name": self.name, "street": f"Weg {self.word}", "postal_code": "50667", "city": self.word}
            data |= {"email": self.email, "phone": self.phone}
            self.customer = register_customer(master_data=data, statements=statements(), recorded_by=None)
            self.rows.add(str(self.customer.pk))

    def _invoice(self) -> None:
        self._customer()
        assert self.customer
        document = invoice(self.customer, f"{self.word}-{len(self.rows)}", date(2015 + len(self.rows) % 9, 2, 1))
        self.rows.add(str(document.pk))

    def _request(self) -> None:
        said = {"name": self.name, "email": self.email, "phone": self.phone}
        self.rows.add(str(asked(Kind.ACCESS, message=f"Bitte {self.word}", **said).pk))


HUMANS = st.lists(st.tuples(*(st.integers(0, 1) for _ in range(3))), min_size=2, max_size=4, unique=True)
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(("message", "customer", "invoice", "request"))), min_size=2, max_size=6
)
WORDS = (("email",), ("phone",), ("name", "postal_code"), ("email", "phone", "name", "postal_code"))


def live(
    shares: list[tuple[int, ...]], events: list[tuple[int, str]], words: tuple[str, ...], vault: OpenVault
) -> None:
    names = ("Anna Apfel", "Bernd Birne")
    humans = [
        Human(f"Kanarie{number}zzz", f"m{mail}@example.org", f"0221 {phone}7", names[name])
        for number, (mail, phone, name) in enumerate(shares)
    ]
    for number, event in events:
        humans[number % len(humans)].does(event)
    her, *others = humans
    said = {"email": her.email, "phone": her.phone, "name": her.name, "postal_code": "50667"}
    request = asked(Kind.ERASURE, **{"email": "", **{word: said[word] for word in words}}, address="Hier")
    found = identity.persons_found(request)

    for person in found:  # nobody is mixed with anybody
        owners = {human.word for human in humans for item in person.items if item.identifier in human.rows}
        assert len(owners) <= 1, [record.kind for record in person.records]
    theirs = [person.key for person in found if person.keys & her.rows]
    identity.choose(request, theirs)
    identity.settle(request, identity=Identity.MATCHED if theirs else Identity.NOTHING_HELD, now=NOW)

    page = documents.as_html(documents.collect(request, registry.opened(answer.copies(request), vault)))
    plan = execution.preview(request)
    planned = {str(row) for step in plan.steps for row in step.rows}
    letter = " ".join(mail.on_paper(request, "acknowledged"))
    before = [registry.export(DataSubject(email=human.email)) for human in others]
    execution.erase(request, plan_hash=plan.hash, by=Operator.objects.get(username="otto"), now=NOW)
    letter += " ".join(mail.on_paper(request, "outcome", kept=outcomes.kept(request)))
    for human in others:
        assert human.word not in page
        assert human.word not in letter
        assert planned & human.rows == set()
    after = [registry.export(DataSubject(email=human.email)) for human in others]
    for was, now, human in zip(before, after, others, strict=True):
        assert _theirs(was, human) == _theirs(now, human)


def _theirs(copies: list[registry.Export], human: Human) -> list[registry.Export]:
    return [copy for copy in copies if copy.item.identifier in human.rows]


def _lives(examples: int, vault: OpenVault) -> None:
    @given(shares=HUMANS, events=EVENTS, words=st.sampled_from(WORDS))
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def lives(shares: list[tuple[int, ...]], events: list[tuple[int, str]], words: tuple[str, ...]) -> None:
        assume(any(event for event in events))
        with transaction.atomic():
            live(shares, events, words, vault)
            transaction.set_rollback(True)

    lives()


@pytest.fixture
def vault(vault_key: bytes, by: Operator) -> OpenVault:
    return OpenVault(vault_key, locks_at=datetime(2099, 1, 1, tzinfo=UTC))


def test_in_no_life_is_anything_of_another_told_or_erased(vault: OpenVault) -> None:
    """PERSONS_EXAMPLES=300 tries as many lives."""
    _lives(int(os.environ.get("PERSONS_EXAMPLES", "10")), vault)


def test_records_that_tell_the_same_person_join_and_others_do_not() -> None:
    """Both ways to reach them fit: they moved. One fits and the other differs: not guessed."""
    said = {"names": frozenset("n"), "places": frozenset("p"), "emails": frozenset("e"), "phones": frozenset("t")}
    first = PersonRecord(key="1", kind="", **said)
    cases = {
        "moved": ({"places": frozenset("q")}, 1),
        "another telephone": ({"phones": frozenset("u")}, 2),
        "another address": ({"emails": frozenset("f")}, 2),
        "another name": ({"names": frozenset("m"), "places": frozenset("q")}, 2),
        "no telephone": ({"phones": frozenset()}, 1),
        "no name": ({"names": frozenset(), "places": frozenset()}, 2),
    }
    for name, (other, expected) in cases.items():
        groups = persons._grouped([first, PersonRecord(key="2", kind="", **(said | other))])
        assert len(groups) == expected, name


# --- texts of others


def test_copy_and_letter_say_that_closed_texts_were_not_searched(customer: Customer, by: Operator) -> None:
    request = asked(Kind.ERASURE, email=customer.email)
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    assert "nicht durchsucht" in told(request)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    request.outcome = "granted"
    assert "nicht durchsucht" in mail.on_paper(request, "outcome")[1]


def test_with_a_lock_open_the_operator_finds_who_else_names_the_person(
    couple: tuple[Customer, Customer], unlocked_client: Client, admin_client: Client
) -> None:
    anna, bernd = couple
    reading.add_note(submission=wrote("Dora Dattel", "d@example.org"), text="Fragt für Anna Apfel")
    bernd.notes, bernd.notes_purpose = "Rechnung an Frau Apfel", "Abrechnung"
    bernd.save()
    agree_to_technical_data(bernd)
    add_technical_record(customer=bernd, kind="network", content={"name": "Netz von Apfel"})
    request = asked(name="Anna Apfel")
    identity.choose(request, [str(anna.pk)])
    page = f"{PAGE}{request.pk}/search/"
    found = unlocked_client.post(page, {"words": "Apfel"}).content.decode()
    assert [word in found for word in ("Nachricht", "Notizen", "Technischer Datensatz")] == [True, True, True]
    request.refresh_from_db()
    assert request.statement.searched_on
    assert "nicht durchsucht" not in told(request)
    assert VaultEvent.objects.filter(holding=f"privacy.texts|{request.pk}").exists()
    assert "kommt in keinem" in unlocked_client.post(page, {"words": "Zitrone"}).content.decode()


def test_closed_texts_cannot_be_searched(couple: tuple[Customer, Customer], admin_client: Client) -> None:
    request = asked(name="Anna Apfel")
    page = admin_client.post(f"{PAGE}{request.pk}/search/", {"words": "Apfel"}).content.decode()
    assert "Verschlossene Texte" in page
    request.refresh_from_db()
    assert not request.statement.searched_on
