"""From arrival to answer in the admin: few clicks, nothing done that was not shown, nothing shown that is gone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.utils import timezone

from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import registry, traces
from sitebackend.privacy.models import DataSubjectRequest, Identity, Outcome
from sitebackend.privacy.personal_data import Requests
from sitebackend.privacy.services import execution
from tests.privacy.conftest import NOON, Accounts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]
LIST = "/admin/privacy/datasubjectrequest/"
TYPED = {
    "kind": "erasure",
    "channel": "letter",
    "name": "Anna Beispiel",
    "email": "anna@example.org",
    "message": "Bitte löschen Sie <b>alles</b>.",
}


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="Beispiel IT", owner="O", email="k@example.de", federal_state="NW")


@pytest.fixture(autouse=True)
def holdings(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_sources", {source.name: source for source in (accounts, Requests())})
    monkeypatch.setattr(traces, "wipe", lambda: True)  # needs to be outside a transaction


@pytest.fixture
def operator(client: Client) -> Operator:
    operator = Operator.objects.create_superuser(username="otto", email="otto@example.de")
    client.force_login(operator)
    return operator


@pytest.fixture
def anna() -> Operator:
    return Operator.objects.create_user(username="anna", email="anna@example.org", last_name="B", date_joined=NOON)


def _recorded(client: Client, **changes: str) -> str:
    today = timezone.localdate().isoformat()
    response = client.post(f"{LIST}add/", {"received_on": today, **TYPED, **changes})
    assert response.status_code == 302, response.context["errors"]
    return str(response.url)


def _press(client: Client, page: str, verb: str, **fields: str) -> str:
    """What the page says after the button `verb`, which must be there."""
    shown = client.get(page).content.decode()
    url = re.search(rf'action="([^"]+/step/{verb}/)"', shown)
    assert url, f"no button {verb}"
    if found := re.search(r'name="plan" value="([^"]+)"', shown):
        fields.setdefault("plan", found[1])
    answer: Any = client.post(url[1], fields, follow=True)
    return "; ".join(str(message) for message in answer.context["messages"])


def test_a_letter_is_taken_down_and_leads_to_its_page(client: Client, operator: Operator) -> None:
    page = _recorded(client)
    request = DataSubjectRequest.objects.get()
    assert str(request.pk) in page
    assert request.statement.message == TYPED["message"]
    text = client.get(page).content.decode()
    assert "Anna Beispiel" in text
    assert "<b>alles</b>" not in text


@pytest.mark.parametrize("missing", ["kind", "channel", "received_on", "email"])
def test_an_incomplete_record_is_asked_for_again(client: Client, operator: Operator, missing: str) -> None:
    typed = {"received_on": timezone.localdate().isoformat(), **TYPED, missing: ""}
    assert client.post(f"{LIST}add/", typed).status_code == 200
    assert DataSubjectRequest.objects.count() == 0


def test_a_request_of_tomorrow_is_asked_for_again(client: Client, operator: Operator) -> None:
    typed = {**TYPED, "received_on": (timezone.localdate() + timedelta(days=1)).isoformat()}
    assert client.post(f"{LIST}add/", typed).status_code == 200


def test_an_erasure_takes_five_clicks_from_the_list_to_the_answer(
    client: Client, operator: Operator, anna: Operator
) -> None:
    page = _recorded(client)
    _press(client, page, "matched")
    _press(client, page, "erase")
    assert not Operator.objects.filter(pk=anna.pk).exists()
    execution.tell_journal(NOON)
    deliver_due(timezone.now())
    execution.verify_due(NOON)
    _press(client, page, "finish", outcome=Outcome.GRANTED)
    assert "wartet auf den Versand seit" in client.get(page).content.decode()
    deliver_due(timezone.now())
    shown = client.get(page).content.decode()
    assert "Antwort abgeschickt" in shown
    assert "hinausgegangen und getilgt" in shown
    request = DataSubjectRequest.objects.get()
    assert (request.outcome, request.answered_by, request.erased_by) == (Outcome.GRANTED, operator, operator)
    assert mail.outbox[-1].to == ["anna@example.org"]


def test_until_an_erasure_is_proved_its_page_looks_again_and_offers_no_answer(
    client: Client, operator: Operator, anna: Operator
) -> None:
    page = _recorded(client)
    _press(client, page, "matched")
    before = client.get(page).content.decode()
    _press(client, page, "erase")
    waiting = client.get(page).content.decode()
    execution.tell_journal(timezone.now())
    deliver_due(timezone.now())
    execution.verify_due(timezone.now())
    proved = client.get(page).content.decode()
    assert ["/step/finish/" in text for text in (before, waiting, proved)] == [True, False, True]
    assert ["js/request.js" in text for text in (before, waiting, proved)] == [False, True, False]
    assert ['http-equiv="refresh"' in text for text in (before, waiting, proved)] == [False, True, False]


def test_a_page_that_was_left_open_does_not_look_for_ever(client: Client, operator: Operator, anna: Operator) -> None:
    page = _recorded(client)
    _press(client, page, "matched")
    _press(client, page, "erase")
    DataSubjectRequest.objects.update(erased_at=timezone.now() - timedelta(minutes=11))
    assert "js/request.js" not in client.get(page).content.decode()


def test_the_page_names_the_program_that_is_in_the_way(
    client: Client, operator: Operator, anna: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _recorded(client)
    _press(client, page, "matched")
    _press(client, page, "erase")
    monkeypatch.setattr(traces, "readers", lambda: ["sqlite3 (4711)"])
    assert "4711" not in client.get(page).content.decode(), "the stage has its few seconds first"
    DataSubjectRequest.objects.update(erased_at=timezone.now() - timedelta(minutes=1))
    assert "sqlite3 (4711)" in client.get(page).content.decode()


def test_an_access_takes_three_clicks(client: Client, operator: Operator, anna: Operator) -> None:
    page = _recorded(client, kind="access")
    _press(client, page, "matched")
    _press(client, page, "access")
    assert DataSubjectRequest.objects.get().outcome == Outcome.GRANTED
    deliver_due(timezone.now())
    assert "/datenschutz/anfrage/abholen/" in str(mail.outbox[-1].body)


def test_the_preview_shows_each_holding_with_action_reason_and_law(
    client: Client, operator: Operator, anna: Operator
) -> None:
    page = _recorded(client)
    _press(client, page, "matched")
    text = client.get(page).content.decode()
    assert "Accounts" in text
    assert "none left" in text
    assert "(§ 0)" in text


def test_what_changed_since_the_preview_is_not_erased(client: Client, operator: Operator, anna: Operator) -> None:
    page = _recorded(client)
    _press(client, page, "matched")
    shown = re.search(r'name="plan" value="([^"]+)"', client.get(page).content.decode())
    assert shown
    Operator.objects.filter(pk=anna.pk).update(last_name="C")
    _press(client, page, "erase", plan=shown[1])
    assert Operator.objects.filter(pk=anna.pk).exists()


def test_a_step_is_never_taken_by_a_link(client: Client, operator: Operator) -> None:
    page = _recorded(client)
    client.get(f"{page.removesuffix('change/')}step/nothing-held/")
    assert DataSubjectRequest.objects.get().identity == ""


def test_nothing_held_can_only_be_said_when_it_is_true(client: Client, operator: Operator) -> None:
    page = _recorded(client, kind="access")
    _press(client, page, "nothing-held")
    assert DataSubjectRequest.objects.get().identity == Identity.NOTHING_HELD


def test_a_person_without_mail_address_is_answered_by_letter(client: Client, operator: Operator) -> None:
    page = _recorded(client, kind="rectification", email="", address="Weg 1, 12345 Ort")
    _press(client, page, "acknowledged")
    _press(client, page, "nothing-held")
    _press(client, page, "finish", outcome=Outcome.NOTHING_HELD)
    assert mail.outbox == []
    request = DataSubjectRequest.objects.get()
    assert request.outcome == Outcome.NOTHING_HELD
    assert f"{request.pk}/letter/outcome/" in client.get(page).content.decode()


def test_after_its_text_went_the_page_shows_the_bare_proof(client: Client, operator: Operator) -> None:
    page = _recorded(client, kind="objection")
    _press(client, page, "nothing-held")
    _press(client, page, "finish", outcome=Outcome.REFUSED, ground="Es gibt nichts.")
    execution.run_retention(timezone.now() + timedelta(days=31))
    text = client.get(page).content.decode()
    assert "Anna" not in text
    assert DataSubjectRequest.objects.get().reference in text


def test_the_list_shows_open_requests_first_and_answered_ones_when_asked(client: Client, operator: Operator) -> None:
    page = _recorded(client, kind="objection")
    reference = DataSubjectRequest.objects.get().reference
    assert reference in client.get(LIST).content.decode()
    _press(client, page, "nothing-held")
    _press(client, page, "finish", outcome=Outcome.NOTHING_HELD)
    assert reference not in client.get(LIST).content.decode()
    assert reference in client.get(f"{LIST}?answered=yes").content.decode()


def test_the_admins_history_says_who_did_which_step_and_nothing_of_the_person(
    client: Client, operator: Operator
) -> None:
    page = _recorded(client, kind="access")
    _press(client, page, "nothing-held")
    history = " ".join(f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all())
    assert "nothing-held" in history
    assert not [word for word in ("Anna", "anna@", "alles") if word in history]


@pytest.mark.parametrize("path", ["", "add/"])
def test_nobody_else_comes_in(client: Client, path: str) -> None:
    assert client.get(f"{LIST}{path}").status_code == 302
