"""The steps of a request: deadline, identity, access, erasure, answer, and the request's own end."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from sitebackend.mail.models import OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import erasure, journal, registry, traces
from sitebackend.privacy.erasure import PlanOutdated
from sitebackend.privacy.models import AccessAnswer, Channel, DataSubjectRequest, Identity, Kind, Outcome, RetentionRun
from sitebackend.privacy.personal_data import Requests
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.services import answer, deadline, execution, identity, intake
from sitebackend.privacy.statement import Statement
from tests.contact.mailserver import use_backend
from tests.privacy.conftest import NOON, Accounts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "in_english")]
TODAY = date(2026, 11, 23)
SAID = Statement(name="Anna Beispiel", email="anna@example.org", message="Bitte löschen Sie alles.")


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(
        business_name="Beispiel IT", owner="Otto Beispiel", email="k@example.de", federal_state="NW"
    )


@pytest.fixture(autouse=True)
def holdings(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small holding, and the requests themselves."""
    monkeypatch.setattr(registry, "_sources", {source.name: source for source in (accounts, Requests())})


@pytest.fixture
def operator() -> Operator:
    joined = datetime(2099, 1, 1, tzinfo=NOON.tzinfo)  # the small holding's retention never reaches it
    return Operator.objects.create_user(username="otto", email="otto@example.de", date_joined=joined)


def _request(kind: Kind, *, said: Statement = SAID, received_on: date = TODAY) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=received_on)
    intake.record(request, said=said, now=NOON)
    return request


def _account(username: str = "anna", **values: Any) -> Operator:
    return Operator.objects.create_user(
        username=username, email=SAID.email, last_name="Beispiel", date_joined=NOON, **values
    )


def _settled(kind: Kind) -> DataSubjectRequest:
    request = _request(kind)
    identity.settle(request, identity=Identity.MATCHED, now=NOON)
    return request


# --- intake and deadline


def test_a_request_of_tomorrow_is_refused() -> None:
    with pytest.raises(Refused, match="future"):
        _request(Kind.ACCESS, received_on=TODAY + timedelta(days=1))


def test_a_letter_from_last_week_is_due_a_month_after_it_came() -> None:
    assert _request(Kind.ACCESS, received_on=date(2026, 11, 16)).due_on == date(2026, 12, 16)


def test_an_extension_gives_two_more_months_and_tells_the_person(operator: Operator) -> None:
    request = _request(Kind.ACCESS)
    deadline.extend(request, by=operator, now=NOON)
    assert request.due_on == date(2027, 2, 23)
    assert request.extension_told_at is None
    deliver_due(NOON)
    request.refresh_from_db()
    assert request.extension_told_at
    letter = mail.outbox[-1]
    assert letter.to == [SAID.email]
    assert "23. Februar 2027" in str(letter.body)


@pytest.mark.parametrize("late", [date(2026, 12, 24), date(2027, 2, 1)])
def test_after_the_first_month_no_extension_is_possible(operator: Operator, late: date) -> None:
    request = _request(Kind.ACCESS)
    with pytest.raises(Refused, match="first month"):
        deadline.extend(request, by=operator, now=NOON.replace(year=late.year, month=late.month, day=late.day))
    assert not OutgoingMail.objects.filter(kind="privacy.extension").exists()


def test_a_second_extension_is_refused(operator: Operator) -> None:
    request = _request(Kind.ACCESS)
    deadline.extend(request, by=operator, now=NOON)
    with pytest.raises(Refused, match="once"):
        deadline.extend(request, by=operator, now=NOON)


def test_the_clock_stands_still_while_the_identity_is_unclear() -> None:
    request = _request(Kind.ERASURE)
    identity.pause(request, now=NOON)
    assert request.days_left(TODAY + timedelta(days=40)) is None
    identity.settle(request, identity=Identity.MATCHED, now=NOON + timedelta(days=10))
    assert request.due_on == date(2027, 1, 4)  # 23 December, ten days later, then from Saturday to Monday


@pytest.mark.parametrize(
    ("days_left", "mark"),
    [(30, None), (15, None), (14, 14), (13, 14), (8, 14), (7, 7), (3, 3), (2, 3), (1, 1), (0, 1), (-1, -1), (-50, -1)],
)
def test_a_reminder_belongs_to_the_mark_that_was_reached_last(days_left: int, mark: int | None) -> None:
    assert deadline.mark(days_left) == mark


def _reminded(now: datetime) -> int:
    return deadline.remind(now) and deliver_due(now)


def test_each_mark_reminds_once_and_the_last_says_overdue() -> None:
    request = _request(Kind.ACCESS)
    deliver_due(NOON)
    mail.outbox.clear()
    sent = [_reminded(NOON + timedelta(days=day)) for day in range(40)]
    days = [day for day, count in enumerate(sent) if count]
    assert [(request.due_on - TODAY).days - day for day in days] == [14, 7, 3, 1, -1]
    assert [message.to for message in mail.outbox] == [["operator@example.de"]] * 5
    assert "14 Tage" in mail.outbox[0].subject or "14 days" in mail.outbox[0].subject
    assert not [message for message in mail.outbox if "Anna" in str(message.body) + message.subject]


def test_an_answered_request_reminds_nobody(operator: Operator) -> None:
    request = _settled(Kind.OBJECTION)
    answer.finish(request, outcome=Outcome.REFUSED, ground="So.", by=operator, now=NOON)
    mail.outbox.clear()
    assert deadline.remind(NOON + timedelta(days=60)) == 0


# --- identity


def test_a_link_goes_only_to_an_address_that_is_held() -> None:
    request = _request(Kind.ERASURE)
    with pytest.raises(Refused, match="No mail address"):
        identity.ask_by_link(request, now=NOON)
    _account()
    identity.ask_by_link(request, now=NOON)
    deliver_due(NOON)
    assert deliver_due(NOON) == 0
    assert mail.outbox[-1].to == [SAID.email]
    assert DataSubjectRequest.objects.get().link_mailed_at


def _link() -> str:
    deliver_due(datetime.now(tz=NOON.tzinfo) + timedelta(days=1))
    return next(line for line in str(mail.outbox[-1].body).splitlines() if "://" in line).partition("example.de")[2]


def test_looking_at_the_link_confirms_nothing_and_pressing_the_button_does_once(client: Client) -> None:
    _account()
    request = _request(Kind.ERASURE)
    identity.ask_by_link(request, now=NOON)
    assert client.get(_link()).status_code == 200
    request.refresh_from_db()
    assert request.identity == ""
    assert [client.post(_link()).status_code for _ in range(2)] == [200, 410]
    request.refresh_from_db()
    assert request.identity == Identity.CONFIRMED


def test_an_old_or_made_up_link_does_not_work(client: Client) -> None:
    _account()
    request = _request(Kind.ERASURE)
    identity.ask_by_link(request, now=NOON)
    link = _link()
    with time_machine.travel(datetime.now(tz=NOON.tzinfo) + timedelta(days=15)):
        assert client.post(link).status_code == 410
    assert client.post("/datenschutz/anfrage/bestaetigen/nonsense/").status_code == 410


def test_nothing_held_is_only_believed_if_nothing_is_held() -> None:
    request = _request(Kind.ACCESS)
    _account()
    with pytest.raises(Refused, match="Something is held"):
        identity.settle(request, identity=Identity.NOTHING_HELD, now=NOON)


# --- access


def _fetched(client: Client) -> dict[str, Any]:
    response = client.post(_link())
    with zipfile.ZipFile(io.BytesIO(response.content)) as file:
        parts = {name.rpartition(".")[2]: file.read(name) for name in file.namelist()}
        assert sorted(parts) == ["csv", "html", "json", "pdf"]
        return {"json": json.loads(parts["json"]), "html": parts["html"].decode()}


def test_the_copy_is_handed_over_once_and_is_then_gone(client: Client, operator: Operator) -> None:
    _account()
    request = _settled(Kind.ACCESS)
    assert answer.give_access(request, vault=None, by=operator, now=datetime.now(tz=NOON.tzinfo)) == Outcome.GRANTED
    assert client.get(_link()).status_code == 200
    copy = _fetched(client)
    assert "Beispiel" in copy["html"]
    holdings = {holding["name"]: holding for holding in copy["json"]["holdings"]}
    assert holdings["test.accounts"]["items"][0]["values"] == {"Name": "Beispiel"}
    assert holdings["test.accounts"]["purposes"] == ["testing"]
    assert client.post(_link()).status_code == 410
    assert AccessAnswer.objects.count() == 0


def test_the_stored_copy_opens_with_nothing_that_the_server_has(operator: Operator) -> None:
    _account()
    answer.give_access(_settled(Kind.ACCESS), vault=None, by=operator, now=NOON)
    deliver_due(NOON)
    stored = AccessAnswer.objects.get()
    token = _link().split("/")[-2]
    assert token not in repr(vars(stored))
    assert answer.hand_over(stored.token_digest, now=NOON) is None
    assert answer.hand_over(token, now=NOON + timedelta(days=14, minutes=1)) is None
    assert answer.hand_over(token, now=NOON + timedelta(days=13)) is not None


def test_a_copy_that_nobody_fetches_goes_after_fourteen_days(operator: Operator) -> None:
    _account()
    answer.give_access(_settled(Kind.ACCESS), vault=None, by=operator, now=NOON - timedelta(days=3))
    deliver_due(NOON)  # the days count from the mail
    assert [answer.sweep(NOON + timedelta(days=day)) for day in (13, 15)] == [0, 1]
    assert AccessAnswer.objects.count() == 0


def test_nothing_held_is_an_answer_too(client: Client, operator: Operator) -> None:
    request = _settled(Kind.ACCESS)
    now = datetime.now(tz=NOON.tzinfo)
    assert answer.give_access(request, vault=None, by=operator, now=now) == Outcome.NOTHING_HELD
    assert [holding["name"] for holding in _fetched(client)["json"]["holdings"]] == ["privacy.requests"]


def test_without_a_settled_identity_nothing_is_handed_out(operator: Operator) -> None:
    with pytest.raises(Refused, match="who asks"):
        answer.give_access(_request(Kind.ACCESS), vault=None, by=operator, now=NOON)
    assert AccessAnswer.objects.count() == 0


def test_while_the_mail_does_not_go_out_nothing_says_that_the_person_has_the_answer(
    operator: Operator, settings: Settings
) -> None:
    request = _settled(Kind.ACCESS)
    use_backend(settings, "tests.privacy.test_request_form.Away")
    answer.give_access(request, vault=None, by=operator, now=NOON)
    deliver_due(NOON)
    request.refresh_from_db()
    assert request.answer_sent_at is None
    assert answer.sweep(NOON + timedelta(days=30)) == 0  # the link that waits leads to it
    use_backend(settings, "django.core.mail.backends.locmem.EmailBackend")
    later = NOON + timedelta(hours=2)
    assert deliver_due(later) >= 1
    request.refresh_from_db()
    assert request.answer_sent_at
    assert request.answer_sent_at >= later
    assert AccessAnswer.objects.get().expires_at >= later + timedelta(days=14)


# --- erasure


def _erase(request: DataSubjectRequest, operator: Operator) -> None:
    execution.erase(request, plan_hash=execution.preview(request).hash, by=operator, now=NOON)


def _make_sure() -> int:
    execution.tell_journal(NOON)
    deliver_due(NOON)
    return execution.verify_due(NOON)


@pytest.fixture
def wiping(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Wiping needs to be outside a transaction; test_physical_erasure.py does it for real."""
    calls: list[int] = []
    monkeypatch.setattr(traces, "wipe", lambda: not calls.append(1))
    return calls


def test_an_erasure_is_told_only_after_it_is_proved(operator: Operator, wiping: list[int]) -> None:
    _account()
    request = _settled(Kind.ERASURE)
    _erase(request, operator)
    with pytest.raises(Refused, match="not proved"):
        answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOON)
    assert _make_sure() == 1
    request.refresh_from_db()
    answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOON)
    assert request.outcome == Outcome.GRANTED
    assert request.receipt == [["test.accounts", "delete", 1]]


def test_the_files_are_cleaned_once_more_after_the_mail_that_says_so(operator: Operator, wiping: list[int]) -> None:
    """It holds the person's address until the mail server took it: the last trace, and it counts."""
    _account()
    request = _settled(Kind.ERASURE)
    _erase(request, operator)
    _make_sure()
    request.refresh_from_db()
    answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOON)
    request.refresh_from_db()
    assert (request.verified_at, request.answer_sent_at) == (None, None)
    assert execution.verify_due(NOON) == 0
    deliver_due(NOON)
    assert "erased on" in str(mail.outbox[-1].body) or "gelöscht" in str(mail.outbox[-1].body)
    assert not OutgoingMail.objects.sealed().about([request.pk]).exists()
    wiping.clear()
    assert execution.verify_due(NOON) == 1
    assert wiping
    request.refresh_from_db()
    assert request.verified_at
    assert request.answer_sent_at


def test_the_letter_names_what_stays_with_reason_law_and_date(operator: Operator, wiping: list[int]) -> None:
    _account(), _account("anna2", is_staff=True)
    request = _settled(Kind.ERASURE)
    _erase(request, operator)
    _make_sure()
    request.refresh_from_db()
    answer.finish(request, outcome=Outcome.PARTLY, by=operator, now=NOON)
    deliver_due(NOON)
    body = str(mail.outbox[-1].body)
    assert ": staff (" in body
    assert body.count("31. Dezember 2026") == 1
    assert "(§ 0)" in body
    assert "none left" not in body


def test_before_the_journal_is_mailed_nothing_is_reported_as_done(operator: Operator, wiping: list[int]) -> None:
    _account()
    request = _settled(Kind.ERASURE)
    _erase(request, operator)
    execution.verify_due(NOON)
    request.refresh_from_db()
    assert request.verified_at
    assert not execution.is_told(request)
    with pytest.raises(Refused, match="not proved"):
        answer.finish(request, outcome=Outcome.GRANTED, by=operator, now=NOON)


def test_the_journals_lines_are_mailed_once_each(operator: Operator, settings: Settings) -> None:
    account = _account()
    _erase(_settled(Kind.ERASURE), operator)
    deliver_due(NOON)
    assert [execution.tell_journal(NOON), execution.tell_journal(NOON)] == [1, 0]
    assert journal.told_position() == 0
    assert deliver_due(NOON) == 1
    assert (journal.told_position(), execution.tell_journal(NOON)) == (1, 0)
    message = mail.outbox[-1]
    assert message.to == ["operator@example.de"]
    assert str(account.pk) in str(message.body)
    journal.append([("test.accounts", "delete", [operator.pk])], now=NOON)
    assert execution.tell_journal(NOON) == 1
    assert deliver_due(NOON) == 1
    assert str(account.pk) not in str(mail.outbox[-1].body)


class ErasesMeanwhile:
    """A mail server during whose answer somebody else is erased."""

    def __init__(self, **options: object) -> None: ...

    def send_messages(self, messages: list[object]) -> int:
        journal.append([("test.accounts", "delete", [UUID(int=1)])], now=NOON)
        return len(messages)


def test_a_line_that_is_written_while_those_before_it_are_mailed_is_mailed_next(
    operator: Operator, settings: Settings
) -> None:
    journal.append([("test.accounts", "delete", [operator.pk])], now=NOON)
    execution.tell_journal(NOON)
    use_backend(settings, f"{__name__}.ErasesMeanwhile")
    deliver_due(NOON)
    assert (journal.told_position(), journal.position()) == (1, 2)
    assert execution.tell_journal(NOON) == 1


def test_journal_mails_wait_for_the_mail_server(operator: Operator, settings: Settings) -> None:
    _account()
    _erase(_settled(Kind.ERASURE), operator)
    use_backend(settings, "tests.privacy.test_request_form.Away")
    assert execution.tell_journal(NOON) == 1
    deliver_due(NOON)
    assert journal.told_position() == 0


def test_what_came_in_after_the_erasure_keeps_it_unproved(operator: Operator, wiping: list[int]) -> None:
    _account()
    request = _settled(Kind.ERASURE)
    _erase(request, operator)
    _account("late")
    assert _make_sure() == 0
    assert wiping == []
    _erase(request, operator)
    assert _make_sure() == 1
    request.refresh_from_db()
    assert request.receipt == [["test.accounts", "delete", 1], ["test.accounts", "delete", 1]]


def test_an_erasure_without_identity_or_of_an_old_preview_changes_nothing(operator: Operator) -> None:
    _account()
    request = _request(Kind.ERASURE)
    with pytest.raises(Refused, match="who asks"):
        _erase(request, operator)
    identity.settle(request, identity=Identity.MATCHED, now=NOON)
    seen = execution.preview(request).hash
    _account("another")
    with pytest.raises(PlanOutdated):
        execution.erase(request, plan_hash=seen, by=operator, now=NOON)
    request.refresh_from_db()
    assert request.erased_at is None
    assert Operator.objects.filter(email=SAID.email).count() == 2


def test_an_acknowledgement_that_is_sent_meanwhile_makes_no_preview_outdated(operator: Operator) -> None:
    _account()
    request = _settled(Kind.ERASURE)
    seen = execution.preview(request).hash
    assert deliver_due(NOON) == 1
    request.refresh_from_db()
    assert request.acknowledged_at
    execution.erase(request, plan_hash=seen, by=operator, now=NOON)
    assert not Operator.objects.filter(email=SAID.email).exists()


def test_what_is_erased_while_the_files_are_wiped_is_not_taken_for_gone(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    _account()
    request = _settled(Kind.ERASURE)
    _erase(request, operator)

    def wipe() -> bool:
        _account("late")
        later = NOON + timedelta(seconds=1)
        execution.erase(request, plan_hash=execution.preview(request).hash, by=operator, now=later)
        return True

    monkeypatch.setattr(traces, "wipe", wipe)
    assert execution.verify_due(NOON) == 0
    request.refresh_from_db()
    assert request.verified_at is None


def test_what_was_deleted_after_the_proof_is_proved_again(operator: Operator, wiping: list[int]) -> None:
    _account()
    request, untouched = _settled(Kind.ERASURE), _request(Kind.ERASURE)
    _erase(request, operator)
    assert _make_sure() == 1
    assert execution.verify_again(DataSubjectRequest.objects.filter(pk__in=[request.pk, untouched.pk])) == 1
    assert execution.verify_due(NOON + timedelta(hours=1)) == 1
    request.refresh_from_db()
    assert request.verified_at == NOON + timedelta(hours=1)
    assert len(wiping) == 2


def test_a_large_database_waits_for_the_night(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(traces, "size", lambda: traces.LARGE)
    monkeypatch.setattr("django.db.connection.vendor", "sqlite")
    assert not traces.is_a_good_time(NOON)
    assert traces.is_a_good_time(NOON.replace(hour=2))  # 3 o'clock here


# --- the request's own end, and retention


def _answered(operator: Operator) -> DataSubjectRequest:
    request = _settled(Kind.OBJECTION)
    answer.finish(request, outcome=Outcome.REFUSED, ground="So.", by=operator, now=NOON)
    return request


def test_thirty_days_after_the_answer_only_the_proof_is_left(operator: Operator) -> None:
    request = _answered(operator)
    execution.run_retention(NOON + timedelta(days=30))
    request.refresh_from_db()
    assert request.statement == replace(SAID, ground="So.")
    execution.run_retention(NOON + timedelta(days=31))
    request.refresh_from_db()
    assert (request.sealed, request.email_digest, request.name_digest) == (None, "", "")
    assert request.statement == Statement()
    assert (request.kind, request.received_on, request.outcome) == (Kind.OBJECTION, TODAY, Outcome.REFUSED)
    assert list(Requests().find(SAID.subject())) == []


def test_the_proof_goes_after_three_calendar_years(operator: Operator) -> None:
    request = _answered(operator)
    execution.run_retention(NOON + timedelta(days=31))
    execution.run_retention(datetime(2029, 12, 31, 12, tzinfo=NOON.tzinfo))
    assert DataSubjectRequest.objects.filter(pk=request.pk).exists()
    execution.run_retention(datetime(2030, 1, 1, 12, tzinfo=NOON.tzinfo))
    assert not DataSubjectRequest.objects.exists()


def test_retention_runs_once_a_day_and_leaves_its_proof(operator: Operator) -> None:
    _answered(operator)
    later = NOON + timedelta(days=31)
    assert [execution.run_retention(later), execution.run_retention(later + timedelta(hours=1))] == [1, 0]
    assert RetentionRun.objects.get().receipt == [["privacy.requests", "redact", 1]]


def test_what_retention_erased_is_made_physically_gone_once(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiping = [False, True, True]
    monkeypatch.setattr(traces, "wipe", lambda: wiping.pop(0))
    _answered(operator)
    later = NOON + timedelta(days=31)
    assert execution.wipe_after_retention(later) == 0
    assert len(wiping) == 3  # nothing went, nothing to clean
    execution.run_retention(later)
    assert execution.wipe_after_retention(later) == 0  # a reader is in the way
    cache.clear()
    assert [execution.wipe_after_retention(later) for _again in range(2)] == [1, 0]
    assert RetentionRun.objects.get().wiped_at == later
    assert len(wiping) == 1


def test_an_open_request_never_goes_by_retention() -> None:
    request = _request(Kind.ACCESS)
    execution.run_retention(NOON + timedelta(days=4000))
    assert DataSubjectRequest.objects.get() == request


def test_erasing_a_person_takes_their_answered_requests_and_keeps_the_one_in_hand(operator: Operator) -> None:
    old, current = _answered(operator), _settled(Kind.ERASURE)
    _erase(current, operator)
    old.refresh_from_db()
    current.refresh_from_db()
    assert (old.sealed, replace(current.statement, persons=None)) == (None, SAID)
    assert erasure.verify(SAID.subject()) == ()


@pytest.mark.parametrize(
    "half",
    [
        {"answered_at": NOON},
        {"outcome": Outcome.GRANTED},
        {"extended_at": NOON},
        {"erased_at": NOON},
        {"identity": Identity.MATCHED},
        {"identity_at": NOON},
        {"verified_at": NOON},
        {"purged_at": NOON},
        {"sealed": None},
        {"resumed_on": TODAY},
    ],
    ids=lambda half: next(iter(half)),
)
def test_no_step_is_ever_half_recorded(half: dict[str, Any]) -> None:
    request = _request(Kind.ERASURE)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataSubjectRequest.objects.filter(pk=request.pk).update(**half)
