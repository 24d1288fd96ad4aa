"""The public form: little asked, nothing leaked, acknowledged the same day, stored sealed."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from sitebackend.crypto.sealing import SealingError
from sitebackend.mail.models import FIRST_PAUSE
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.privacy.models import DataSubjectRequest, Kind
from sitebackend.privacy.services import intake
from tests.contact.mailserver import use_backend
from tests.privacy.conftest import NOON

pytestmark = pytest.mark.django_db
URL = "/datenschutz/anfrage/"
TYPED = {
    "kind": "access",
    "name": "Änne Beispiel-Müller",
    "email": "aenne@example.org",
    "number": "K-10017",
    "message": "Bitte alles, auch die „alten“ Mails 🙂",
}


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(
        business_name="Beispiel IT", owner="Otto Beispiel", email="kontakt@example.de", city="Köln", federal_state="NW"
    )


def _nonce(client: Client, url: str = URL) -> str:
    with time_machine.travel(NOON, tick=False):
        found = re.search(r'name="nonce" value="([^"]+)"', client.get(url).content.decode())
    assert found
    return found[1]


def _post(client: Client, typed: dict[str, str], *, after: timedelta = timedelta(minutes=1), url: str = URL) -> Any:
    with time_machine.travel(NOON + after, tick=False):
        return client.post(url, typed, headers={"Origin": "https://www.example.de"})


def _sent(client: Client, **changes: str) -> Any:
    return _post(client, TYPED | {"nonce": _nonce(client)} | changes)


def test_a_sent_form_is_a_request_received_today(client: Client) -> None:
    response = _sent(client)
    assert response.status_code == 303
    request = DataSubjectRequest.objects.get()
    assert (request.kind, request.channel, request.received_on) == ("access", "form", date(2026, 11, 23))
    assert request.due_on == date(2026, 12, 23)
    assert vars_of(request) == {key: value for key, value in TYPED.items() if key != "kind"}


def vars_of(request: DataSubjectRequest) -> dict[str, str]:
    return {name: getattr(request.statement, name) for name in ("name", "email", "number", "message")}


def test_the_thanks_page_shows_reference_and_deadline_and_nothing_typed(client: Client) -> None:
    response = client.get(_sent(client).url)
    request = DataSubjectRequest.objects.get()
    text = response.content.decode()
    assert response.headers["X-Reference"] == request.reference
    assert request.reference in text
    assert "23. Dezember 2026" in text
    assert "no-store" in response.headers["Cache-Control"]
    assert [value for key, value in TYPED.items() if key != "kind" and value in text] == []


@pytest.mark.parametrize("token", ["nonsense", "00000000000000000000000000000000:forged"])
def test_a_made_up_thanks_address_is_not_found(client: Client, token: str) -> None:
    assert client.get(f"{URL}danke/{token}/").status_code == 404


def test_what_a_person_wrote_stands_nowhere_in_the_row(client: Client) -> None:
    _sent(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM privacy_datasubjectrequest")
        row = b"|".join(
            bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in cursor.fetchone()
        )
    assert [value for key, value in TYPED.items() if key != "kind" and value.encode() in row] == []


def test_a_known_and_an_unknown_person_see_the_same_bytes_and_cost_the_same_queries(
    client: Client, django_assert_num_queries: Any
) -> None:
    known = DataSubjectRequest(kind=Kind.ACCESS, received_on=date(2026, 1, 2))
    known.take(intake.Statement(name="Bekannt", email="bekannt@example.org"))
    known.save()
    pages = []
    for person in ("bekannt", "fremder"):
        nonce = _nonce(client)
        with django_assert_num_queries(QUERIES):
            response = _post(client, TYPED | {"nonce": nonce, "email": f"{person}@example.org"})
        request = DataSubjectRequest.objects.exclude(pk=known.pk).get()
        page = client.get(response.url).content.decode()
        page = page.replace(request.reference, "REFERENCE").replace(response.url.split("/")[-2], "TOKEN")
        pages.append((response.status_code, len(response.url), dict(response.headers).keys(), page))
        request.delete()
    assert pages[0] == pages[1]


QUERIES = 6  # site settings, savepoint, insert, two mails into the outbox, release


def test_the_form_sets_no_cookie_at_any_step(client: Client) -> None:
    assert not client.get(URL).cookies
    response = _sent(client)
    assert not response.cookies
    assert not client.get(response.url).cookies


def test_english_visitors_get_english_form_and_mail(client: Client) -> None:
    url = "/en/datenschutz/anfrage/"
    assert "Your data, your rights" in client.get(url).content.decode()
    _post(client, TYPED | {"nonce": _nonce(client, url)}, url=url)
    deliver_due(NOON + timedelta(minutes=2))
    assert any("has arrived" in message.subject for message in mail.outbox)


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", ""), ("kind", "everything"), ("name", ""), ("email", ""), ("email", "a@b"), ("email", "a@b.de, c@d.de")],
)
def test_a_form_with_an_error_comes_back_as_it_was_typed(client: Client, field: str, value: str) -> None:
    response = _sent(client, **{field: value})
    assert response.status_code == 422
    assert DataSubjectRequest.objects.count() == 0
    text = response.content.decode()
    kept = {key: typed for key, typed in TYPED.items() if key not in (field, "kind")}
    assert [typed for typed in kept.values() if typed not in text] == []


def test_every_error_names_the_way_without_the_form(client: Client) -> None:
    assert "mailto:kontakt@example.de" in _sent(client, email="").content.decode()


@pytest.mark.parametrize("nonce", ["", "forged", "forged:1:2"])
def test_a_form_that_we_never_gave_out_is_asked_once_more_with_a_fresh_nonce(client: Client, nonce: str) -> None:
    response = _post(client, TYPED | {"nonce": nonce})
    assert response.status_code == 422
    fresh = re.search(r'name="nonce" value="([^"]+)"', response.content.decode())
    assert fresh
    assert _post(client, TYPED | {"nonce": fresh[1]}, after=timedelta(minutes=2)).status_code == 303


def test_a_form_sent_by_a_machine_within_a_second_can_be_sent_again_by_a_person(client: Client) -> None:
    nonce = _nonce(client)
    assert _post(client, TYPED | {"nonce": nonce}, after=timedelta(seconds=1)).status_code == 422
    assert _post(client, TYPED | {"nonce": nonce}, after=timedelta(seconds=9)).status_code == 303


@pytest.mark.parametrize("nonce", ["", "forged"])
def test_what_is_asked_once_more_stands_in_the_form_as_it_was_typed(client: Client, nonce: str) -> None:
    form = _post(client, TYPED | {"nonce": nonce}).context["form"]
    assert {name: form[name].value() for name in TYPED} == TYPED


def test_a_filled_trap_is_never_told_that_it_was_sent_and_a_person_can_go_on(client: Client) -> None:
    response = _sent(client, extra="https://spam.example")
    assert response.status_code == 422
    assert "spam.example" not in response.content.decode()
    assert DataSubjectRequest.objects.count() == 0


def test_a_double_click_is_one_request(client: Client) -> None:
    typed = TYPED | {"nonce": _nonce(client)}
    first, second = _post(client, typed), _post(client, typed)
    assert first.url == second.url
    assert DataSubjectRequest.objects.count() == 1


def test_too_many_requests_of_a_network_are_asked_to_wait_with_their_input_kept(client: Client) -> None:
    for _ in range(12):
        _post(client, TYPED | {"nonce": ""})
    response = _post(client, TYPED | {"nonce": _nonce(client)})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "600")
    assert TYPED["message"] in response.content.decode()


def test_another_website_cannot_send_it(client: Client) -> None:
    typed = TYPED | {"nonce": _nonce(client)}
    response: HttpResponse = client.post(URL, typed, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert DataSubjectRequest.objects.count() == 0


def test_a_request_is_acknowledged_once_with_reference_and_deadline_and_no_word_of_it(client: Client) -> None:
    _sent(client)
    now = NOON + timedelta(minutes=5)
    assert [deliver_due(now), deliver_due(now)] == [2, 0]
    [message] = [message for message in mail.outbox if message.to != ["operator@example.de"]]
    request = DataSubjectRequest.objects.get()
    assert message.to == ["aenne@example.org"]
    assert message.reply_to == ["kontakt@example.de"]
    assert request.reference in message.subject
    assert "23. Dezember 2026" in str(message.body)
    assert TYPED["message"] not in str(message.body)
    assert TYPED["name"] not in message.subject + str(message.body)
    assert request.acknowledged_at
    assert now <= request.acknowledged_at < now + timedelta(minutes=1)


def test_while_the_mail_server_is_away_the_acknowledgement_waits(client: Client, settings: Settings) -> None:
    _sent(client)
    now = NOON + timedelta(minutes=5)
    use_backend(settings, "tests.privacy.test_request_form.Away")
    assert deliver_due(now) == 0
    use_backend(settings, "django.core.mail.backends.locmem.EmailBackend")
    assert deliver_due(now + FIRST_PAUSE * 2) == 2
    assert DataSubjectRequest.objects.get().acknowledged_at


class Away:
    """A mail server that does not answer."""

    def __init__(self, **options: object) -> None: ...

    def send_messages(self, messages: object) -> int:
        raise ConnectionRefusedError


def test_a_text_moved_to_another_request_does_not_open(client: Client) -> None:
    _sent(client)
    theirs = DataSubjectRequest.objects.get()
    mine = DataSubjectRequest(kind=Kind.ERASURE, received_on=date(2026, 1, 2), sealed=theirs.sealed)
    with pytest.raises(SealingError):
        _ = mine.statement


def test_received_at_night_counts_as_the_operators_day(client: Client) -> None:
    nonce = _nonce(client)
    with time_machine.travel(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), tick=False):
        client.post(URL, TYPED | {"nonce": nonce}, headers={"Origin": "https://www.example.de"})
    assert DataSubjectRequest.objects.get().received_on == date(2026, 11, 24)
