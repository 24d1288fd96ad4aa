"""A breach: its clock counts real hours, nothing runs out unseen, and an entry closes only when it is complete."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation
from pypdf import PdfReader
from pytest_django import Settings

from sitebackend.crypto.sealing import SealingError
from sitebackend.findings import Finding, Level
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import deadlines, erasure, registry
from sitebackend.privacy.papers import breaches, health, letters
from sitebackend.privacy.papers.account import Account
from sitebackend.privacy.papers.models import Breach, NotTold, Risk
from sitebackend.privacy.papers.personal_data import Breaches
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Action, DataSubject
from tests.contact.mailserver import use_backend

pytestmark = pytest.mark.django_db
LIST = "/admin/papers/breach/"
NOTICED = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)  # a Friday, 10:20 here
TOLD = Account(
    happened="Ein Notebook mit dem Postfach wurde gestohlen.",
    whose="Kunden",
    what="Namen und Nachrichten",
    consequences="Werbung, im schlimmsten Fall Betrug.",
    measures="Passwort geändert, Gerät gesperrt.",
)


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(
        business_name="Netz & Gerät", owner="Jule Ostermann", street="Am Deich 3", postal_code="26721", city="Emden",
        email="hallo@example.de", phone="04921 55501", supervisory_authority="LfD Niedersachsen",
    )  # fmt: skip


@pytest.fixture
def operator(client: Client) -> Operator:
    operator = Operator.objects.create_superuser("jule")
    client.force_login(operator)
    return operator


@pytest.fixture
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def breach(account: Account = TOLD, **values: Any) -> Breach:
    made = Breach(noticed_at=NOTICED, **values)
    breaches.record(made, account=account, by=Operator.objects.get_or_create(username="jule")[0])
    return made


# --- the clock


@pytest.mark.parametrize(
    ("noticed", "until"),
    [
        ((2026, 11, 20, 9, 20), (2026, 11, 23, 10)),  # over a weekend: it counts
        ((2026, 11, 20, 9, 0), (2026, 11, 23, 10)),  # the hour of the event itself does not count
        ((2026, 11, 20, 9, 59), (2026, 11, 23, 10)),
        ((2026, 12, 24, 16, 30), (2026, 12, 27, 17)),  # over Christmas
        ((2026, 10, 24, 10, 30), (2026, 10, 27, 11)),  # an hour that the clocks repeat is an hour
        ((2026, 3, 28, 10, 30), (2026, 3, 31, 11)),
        ((2028, 2, 27, 23, 30), (2028, 3, 2, 0)),  # a leap year
    ],
)
def test_seventy_two_real_hours_after_the_hour_of_noticing(noticed: tuple[int, ...], until: tuple[int, ...]) -> None:
    ends = deadlines.hours_after(datetime(*noticed, tzinfo=UTC), 72)
    assert ends == datetime(*until, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "left"),
    [(timedelta(0), 72), (timedelta(hours=72), 0), (timedelta(hours=72, minutes=41), -1), (timedelta(hours=75), -3)],
)
def test_the_hours_left_are_whole_ones(passed: timedelta, left: int) -> None:
    assert Breach(noticed_at=NOTICED).hours_left(NOTICED + passed) == left


def _reminded(now: datetime) -> int:
    return breaches.remind(now) and deliver_due(now)


def test_each_mark_reminds_once_and_names_nothing_of_what_happened() -> None:
    breach()
    sent = [_reminded(NOTICED + timedelta(hours=hour)) for hour in range(100)]
    assert [hour for hour, count in enumerate(sent) if count] == [24, 48, 60, 68, 73]
    assert {message.to[0] for message in mail.outbox} == {"operator@example.de"}
    assert "noch 48 Stunden" in mail.outbox[0].subject
    assert "VORBEI" in mail.outbox[-1].subject
    assert "23. November 2026 11:00" in str(mail.outbox[0].body)
    assert not [message for message in mail.outbox if "Notebook" in str(message.body) + message.subject]


@pytest.mark.parametrize("decided", [{"risk": Risk.UNLIKELY}, {"reported_at": NOTICED, "risk": Risk.RISK}])
def test_what_is_decided_reminds_nobody(decided: dict[str, Any]) -> None:
    breach(**decided)
    assert breaches.remind(NOTICED + timedelta(hours=71)) == 0


def test_a_reminder_that_the_mail_server_refuses_is_sent_later(settings: Settings) -> None:
    breach()
    late = NOTICED + timedelta(hours=30)
    use_backend(settings, "tests.privacy.test_request_form.Away")
    assert breaches.remind(late) == 1
    assert deliver_due(late) == 0
    assert breaches.remind(late + timedelta(minutes=1)) == 0
    use_backend(settings, "django.core.mail.backends.locmem.EmailBackend")
    assert deliver_due(late + timedelta(minutes=5)) == 1


# --- what the operator must know


def told(now: datetime) -> list[Finding]:
    return list(health.open_breaches(now))


def test_without_a_breach_all_is_well() -> None:
    [finding] = told(NOTICED)
    assert finding.level == Level.FINE


def test_the_clock_is_an_alarm_with_its_hours_and_the_earliest_speaks_for_all(in_english: None) -> None:
    breach()
    later = breach()
    Breach.objects.filter(pk=later.pk).update(noticed_at=NOTICED + timedelta(hours=10))
    [finding] = told(NOTICED + timedelta(hours=41))
    assert (finding.level, finding.figure) == (Level.ALARM, 31)
    assert "2 breaches are undecided" in str(finding.text)
    assert told(NOTICED + timedelta(hours=80))[0].figure == -8


def test_what_is_reported_but_not_complete_is_a_warning_that_says_what_is_missing(in_english: None) -> None:
    breach(risk=Risk.HIGH, reported_at=NOTICED + timedelta(hours=5))
    [finding] = told(NOTICED + timedelta(hours=6))
    assert finding.level == Level.WARNING
    assert str(finding.next_step) == "Tell the persons, or say why they need not be told."


# --- closing


@pytest.mark.parametrize(
    ("account", "values", "left"),
    [
        (Account(), {}, ["Say what happened", "Say what may follow", "Judge the risk"]),
        (TOLD, {"risk": Risk.UNLIKELY}, ["Say why a risk is unlikely"]),
        (TOLD, {"risk": Risk.RISK}, ["Report it"]),
        (TOLD, {"risk": Risk.RISK, "reported_at": NOTICED + timedelta(hours=73)}, ["Say why it was reported after"]),
        (TOLD, {"risk": Risk.HIGH, "reported_at": NOTICED}, ["Tell the persons"]),
    ],
)
def test_it_is_not_closed_while_something_is_missing(
    in_english: None, account: Account, values: dict[str, Any], left: list[str]
) -> None:
    entry = breach(account, **values)
    assert [line.startswith(start) for line, start in zip(breaches.missing(entry), left, strict=True)] == [True] * len(
        left
    )
    with pytest.raises(Refused):
        breaches.close(entry, now=NOTICED)
    assert Breach.objects.open().count() == 1


@pytest.mark.parametrize(
    ("account", "values"),
    [
        ({"why_no_risk": "Verschlüsselt."}, {"risk": Risk.UNLIKELY}),
        ({}, {"risk": Risk.RISK, "reported_at": NOTICED + timedelta(hours=72)}),
        ({"why_late": "Krank."}, {"risk": Risk.RISK, "reported_at": NOTICED + timedelta(hours=90)}),
        ({}, {"risk": Risk.HIGH, "reported_at": NOTICED, "not_told": NotTold.ENCRYPTED}),
        ({}, {"risk": Risk.HIGH, "reported_at": NOTICED, "told_at": NOTICED}),
    ],
)
def test_with_every_answer_it_closes_and_is_not_changed_any_more(
    account: dict[str, str], values: dict[str, Any]
) -> None:
    facts = {name: getattr(TOLD, name) for name in ("happened", "whose", "what", "consequences", "measures")}
    entry = breach(Account(**{**facts, **account}), **values)
    breaches.close(entry, now=NOTICED + timedelta(days=5))
    with pytest.raises(Refused):
        breaches.record(entry, account=Account(), by=Operator.objects.get())
    assert Breach.objects.get().account.happened == TOLD.happened


@pytest.mark.parametrize(
    "wrong",
    [
        {"reported_at": NOTICED - timedelta(hours=1)},
        {"began_at": NOTICED, "ended_at": NOTICED - timedelta(hours=1)},
        {"closed_at": NOTICED},
        {"closed_at": NOTICED, "risk": Risk.RISK},
    ],
)
def test_the_schema_itself_refuses_an_impossible_entry(wrong: dict[str, Any]) -> None:
    entry = breach()
    with pytest.raises(IntegrityError), transaction.atomic():
        Breach.objects.filter(pk=entry.pk).update(**wrong)


# --- its words


def test_the_words_lie_sealed_and_only_in_their_own_row() -> None:
    first, second = breach(), breach(Account(happened="anderes"))
    assert b"Notebook" not in bytes(first.sealed)
    Breach.objects.filter(pk=second.pk).update(sealed=first.sealed)
    with pytest.raises(SealingError):
        _ = Breach.objects.get(pk=second.pk).account


@pytest.mark.parametrize("to", ["authority", "persons"])
def test_the_letters_fill_themselves_from_settings_and_register(to: str) -> None:
    text = letters.letter(breach(persons=12, records=40, confidentiality=True, risk=Risk.RISK), to).as_text()
    for word in ("Jule Ostermann", "hallo@example.de", "LfD Niedersachsen", TOLD.happened, TOLD.measures, TOLD.what):
        assert word in text
    assert "noch nicht bekannt" not in text or to == "authority"
    assert ("Zahl: 12" in text) is (to == "authority")


def test_what_is_not_known_yet_follows_and_the_delay_is_explained() -> None:
    late = breach(Account(), reported_at=NOTICED + timedelta(hours=100), risk=Risk.RISK)
    text = letters.letter(late, "authority").as_text()
    assert text.count("noch nicht bekannt; wird nachgereicht") >= 6
    assert "Gründe für die Meldung nach Ablauf der 72 Stunden" in text
    assert "Gründe für die Meldung" not in letters.letter(breach(), "authority").as_text()


# --- persons in it, and its own end


def test_a_person_named_in_the_words_is_found_kept_and_told_how_to_take_the_name_out() -> None:
    entry = breach(Account(happened="Die Mail ging an Erika Mustermann."))
    breach(Account(happened="Erikas Mustermannschaft war nicht betroffen."))
    she = DataSubject(name="Mustermann, Erika".replace(",", ""), postal_code="12345")
    assert [(item.identifier, item.matched_by) for item in Breaches().find(she)] == [(str(entry.pk), ("name",))]
    [copy] = Breaches().export(she)
    assert "Die Mail ging an Erika Mustermann." in copy.values.values()
    [step] = erasure.plan(she, [Breaches.name]).steps
    assert (step.action, step.rows) == (Action.RETAIN, (entry.pk,))
    assert "Namen braucht es nicht" in str(step.by_hand)
    assert list(Breaches().find(DataSubject(name="Erika Mustermann"))) == []  # a name alone is too little


def test_an_entry_goes_three_calendar_years_after_it_was_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_sources", {Breaches.name: Breaches()})
    closed, still_open = breach(risk=Risk.UNLIKELY), breach()
    Breach.objects.filter(pk=closed.pk).update(closed_at=datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
    assert erasure.due(date(2029, 12, 31)).destructive == ()
    [step] = erasure.due(date(2030, 1, 1)).destructive
    assert step.rows == (closed.pk,)
    assert Breaches().erase(step.action, step.rows) == 1
    assert Breach.objects.get() == still_open


# --- in the cockpit


def form(**changes: str) -> dict[str, str]:
    return {"noticed_at_0": "20.11.2026", "noticed_at_1": "10:20", **changes}


def test_recorded_completed_and_closed_in_the_cockpit(client: Client, operator: Operator) -> None:
    with time_machine.travel(NOTICED + timedelta(hours=10)):
        page = client.post(f"{LIST}add/", form(happened="Notebook gestohlen."), follow=True).content.decode()
        assert "Noch 62 Stunden" in page
        assert "Beurteilen Sie das Risiko" in page
        url = f"{LIST}{Breach.objects.get().pk}/change/"
        answers = {
            "consequences": "Werbung",
            "measures": "gesperrt",
            "risk": "unlikely",
            "why_no_risk": "verschlüsselt",
        }
        refused = client.post(url, form(happened="Notebook gestohlen.", _close="1"), follow=True).content.decode()
        assert "Noch nicht abgeschlossen" in refused
        client.post(url, form(happened="Notebook gestohlen.", _close="1", **answers))
        closed = client.get(url).content.decode()
    assert "20. November 2026 10:20" in closed
    assert "verschlüsselt" in closed
    assert "<form" not in closed.partition('id="content"')[2]
    assert Breach.objects.get().closed_at


@pytest.mark.parametrize(
    "typed",
    [
        {"happened": "An erika@example.org gesendet"},
        {"measures": "Angerufen unter 0341 1234567"},
        {"measures": "Angerufen unter +49 (341) 12345"},
        {"noticed_at_0": "20.11.2099"},
    ],
)
def test_what_names_somebody_or_lies_in_the_future_is_refused(
    client: Client, operator: Operator, typed: dict[str, str]
) -> None:
    assert client.post(f"{LIST}add/", form(**typed)).status_code == 200
    assert not Breach.objects.exists()


@pytest.mark.parametrize("harmless", ["Am 03.11.2026 um 10:20 Uhr", "192.0.2.17", "2026-11-20, 40 Datensätze"])
def test_times_and_figures_are_no_telephone_numbers(client: Client, operator: Operator, harmless: str) -> None:
    assert client.post(f"{LIST}add/", form(happened=harmless)).status_code == 302


def test_the_history_names_fields_and_no_words(client: Client, operator: Operator) -> None:
    client.post(f"{LIST}add/", form(happened="Notebook gestohlen."))
    client.post(f"{LIST}{Breach.objects.get().pk}/change/", form(happened="Tablet gestohlen."))
    history = " ".join(f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all())
    assert str(Breach.objects.get().pk) in history
    assert "gestohlen" not in history
    assert "Was geschehen ist" in " ".join(str(entry.get_change_message()) for entry in LogEntry.objects.all())


def test_the_letter_stands_on_a_page_and_an_unknown_one_does_not(client: Client, operator: Operator) -> None:
    entry = breach()
    assert TOLD.happened in client.get(f"{LIST}{entry.pk}/letter/authority/").content.decode()
    assert client.get(f"{LIST}{entry.pk}/letter/nobody/").status_code == 404


def test_an_account_without_the_right_sees_no_entry_and_no_letter(client: Client) -> None:
    entry, closed = breach(), breach(risk=Risk.UNLIKELY)
    Breach.objects.filter(pk=closed.pk).update(closed_at=NOTICED)
    client.force_login(Operator.objects.create_user("helper", is_staff=True))
    for path in (f"{entry.pk}/change/", f"{entry.pk}/letter/authority/", f"{closed.pk}/change/", "add/"):
        assert client.get(f"{LIST}{path}").status_code == 403


@pytest.mark.parametrize("to", ["authority", "persons"])
def test_the_letter_comes_as_a_file_to_print(client: Client, operator: Operator, to: str) -> None:
    response = client.get(f"{LIST}{breach().pk}/letter/{to}/?form=pdf")
    assert response["Content-Type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    assert TOLD.happened in text
    assert ("LfD Niedersachsen" in text.partition("Guten Tag")[0]) is (to == "authority")
