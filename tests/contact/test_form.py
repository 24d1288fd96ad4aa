"""The form as a sender meets it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contact.models import Submission, Verdict
from sitebackend.mail import smtputf8
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.operator_key import certificates
from tests.contact.conftest import FIELDS, nonce_in
from tests.contact.mailserver import Handler

Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def _business(db: None) -> None:
    SiteSettings.objects.update_or_create(
        id=1, defaults={"business_name": "Netz & Co", "email": "post@example.de", "phone": "0711 99 88 77"}
    )


def test_a_sent_form_leads_to_the_thanks_page_with_the_reference(send: Send, client: Client) -> None:
    answer = send()
    assert answer.status_code == 303
    thanks = client.get(answer["Location"])
    reference = Submission.objects.get().reference
    assert thanks["X-Reference"] == reference
    assert reference in thanks.content.decode()
    assert "no-store" in thanks["Cache-Control"]


def test_everything_typed_comes_back_byte_for_byte(send: Send, opened: Callable[..., Any]) -> None:
    message = "  \r\n„ä€🙂\"'\\\t" * 1000 + "\r\n"
    assert send(message=message, name="  Zoë\u200d ").status_code == 303
    assert opened(Submission.objects.get()) == FIELDS | {"message": message, "name": "  Zoë\u200d "}


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("anna@faß.de", "anna@xn--fa-hia.de"),
        ("anna@fass.de", "anna@fass.de"),
        ("anna@faß.de\u200b", "anna@xn--fa-hia.de"),
        ("Anna@FAẞ.DE", "Anna@xn--fa-hia.de"),
        ("anna@mu\u0308ller.de", "anna@xn--mller-kva.de"),
        ("anna@kunde.test", "anna@kunde.test"),
    ],
)
def test_reply_and_acknowledgement_go_to_the_mailbox_that_was_typed(
    send: Send, typed: str, wire: str, settings: Settings, mail_server: Handler
) -> None:
    settings.CONTACT_ACKNOWLEDGE = "yes"
    assert send(email=typed).status_code == 303
    deliver_due(timezone.now())
    to_operator, to_sender = sorted(mail_server.mails(), key=lambda made: made["To"] == wire)
    assert to_operator["Reply-To"] == to_sender["To"] == wire


@pytest.mark.parametrize(
    "typed", ["anna@localhost", "anna@[192.0.2.1]", "anna@192.0.2.1", "=?utf-8?q?anna?=@faß.de", "anna@xn--fass-.de"]
)
def test_what_no_mail_reaches_is_refused_and_stays_in_the_form(send: Send, typed: str) -> None:
    answer = send(email=typed)
    assert answer.status_code == 422
    assert typed in unescape(answer.content.decode())


def test_letters_before_the_at_are_taken_once_the_mail_server_takes_them(
    send: Send, opened: Callable[..., Any]
) -> None:
    refused = send(email="jürgen@faß.de")
    assert refused.status_code == 422
    assert "vor dem @" in refused.content.decode()
    smtputf8.note(is_offered=True)
    assert send(email="jürgen@faß.de").status_code == 303
    assert opened(Submission.objects.get())["email"] == "jürgen@faß.de"


def test_the_street_is_asked_for_as_one_line(client: Client, operator_key: object) -> None:
    """`street-address` is for a field of several lines: browsers leave an input with it empty."""
    assert 'autocomplete="address-line1"' in client.get("/kontakt/").content.decode()


@pytest.mark.parametrize("path", ["/kontakt/", "/en/kontakt/"])
def test_the_form_sets_no_cookie_at_any_step(send: Send, client: Client, path: str) -> None:
    client.get(send(path)["Location"])
    send(path, name="")
    assert not client.cookies


def test_the_english_form_leads_to_the_english_thanks_page(send: Send, client: Client) -> None:
    answer = send("/en/kontakt/")
    assert answer["Location"].startswith("/en/kontakt/danke/")
    assert "Your reference" in client.get(answer["Location"]).content.decode()


def test_nothing_typed_and_no_reference_stands_in_the_address_of_the_thanks_page(send: Send) -> None:
    location = send()["Location"]
    assert Submission.objects.get().reference.replace("-", "") not in location
    assert "eiss" not in location


def test_a_made_up_thanks_address_is_not_found(client: Client, db: None) -> None:
    for token in ("x", "x:y", "0" * 32, "00000000000040008000000000000000:abc"):
        assert client.get(f"/kontakt/danke/{token}/").status_code == 404


def test_sending_the_same_form_again_gives_the_same_reference(client: Client, operator_key: object, db: None) -> None:
    form = FIELDS | {"nonce": nonce_in(client.get("/kontakt/").content.decode()), "extra": ""}
    answers = [client.post("/kontakt/", form) for _ in range(3)]
    assert len({answer["Location"] for answer in answers}) == 1
    assert Submission.objects.count() == 1


def test_going_back_and_changing_the_text_is_another_submission(client: Client, operator_key: object, db: None) -> None:
    form = FIELDS | {"nonce": nonce_in(client.get("/kontakt/").content.decode()), "extra": ""}
    client.post("/kontakt/", form)
    client.post("/kontakt/", form | {"message": "Nachtrag: bitte erst am Montag."})
    assert Submission.objects.filter(verdict=Verdict.CLEAN).count() == 2


def test_one_form_sent_with_many_contents_becomes_suspect(client: Client, operator_key: object, db: None) -> None:
    form = FIELDS | {"nonce": nonce_in(client.get("/kontakt/").content.decode()), "extra": ""}
    for number in range(5):
        client.post("/kontakt/", form | {"message": f"Angebot {number}"})
    assert Submission.objects.filter(verdict=Verdict.SUSPECT).count() == 2


def test_a_form_with_errors_keeps_what_was_typed_and_stores_nothing(send: Send) -> None:
    answer = send(email="juergen(at)example.org")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="juergen(at)example.org"' in page
    assert 'value="Jürgen Weiß-O&#x27;Brien"' in page
    assert "&lt;b&gt;kein&lt;/b&gt; {{ Befehl }}" in page
    assert not Submission.objects.exists()


def test_an_error_is_tied_to_its_field_and_takes_the_focus(send: Send) -> None:
    page = send(email="").content.decode()
    field = page[page.index('name="email"') :].partition(">")[0]
    assert 'aria-invalid="true"' in field
    assert "autofocus" in field
    assert 'href="#id_email"' in page


def test_every_refusal_names_the_mail_address_of_the_imprint(send: Send) -> None:
    assert "mailto:post@example.de" in send(name="").content.decode()


@pytest.mark.parametrize("missing", list(FIELDS))
def test_every_field_is_required_by_default(send: Send, missing: str) -> None:
    assert send(**{missing: ""}).status_code == 422


def test_the_operator_chooses_what_is_required(send: Send, settings: Settings) -> None:
    settings.CONTACT_REQUIRED_FIELDS = ["message"]
    only = {name: "" for name, value in FIELDS.items() if name != "message"}
    assert send(**only).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "0711/12 34 56-0"),
        ("phone", "+49 (0) 711 – 123456, Durchwahl 7"),
        ("phone", "112"),
        ("postal_code", "D-70173"),
        ("postal_code", "SW1A 1AA"),
        ("postal_code", "L-1009"),
        ("email", "a+b@xn--mller-kva.example.org"),
        ("email", "büro@example.org".replace("ü", "ue")),
        ("email", "post@müller.example.org"),
        ("name", "李小龍"),
        ("name", "X Æ A-12"),
    ],
)
def test_what_is_plausible_is_never_refused(send: Send, field: str, value: str) -> None:
    assert send(**{field: value}).status_code == 303


def test_an_old_form_is_answered_with_a_fresh_one_that_can_be_sent(
    send: Send, client: Client, time_machine: Any
) -> None:
    nonce = nonce_in(client.get("/kontakt/").content.decode())
    time_machine.move_to(datetime.now(UTC) + timedelta(days=2), tick=False)
    answer = client.post("/kontakt/", FIELDS | {"nonce": nonce})
    assert answer.status_code == 422
    page = unescape(answer.content.decode())
    assert all(f'value="{value}"' in page for name, value in FIELDS.items() if name != "message")
    fresh = nonce_in(answer.content.decode())
    assert client.post("/kontakt/", FIELDS | {"nonce": fresh}).status_code == 303


def test_a_forged_or_missing_nonce_is_no_way_in(client: Client, operator_key: object, db: None) -> None:
    for nonce in ("", "forged:1a2b:signature"):
        assert client.post("/kontakt/", FIELDS | {"nonce": nonce}).status_code == 422
    assert not Submission.objects.exists()


def test_whoever_fills_in_the_trap_is_stored_but_not_mailed(send: Send) -> None:
    assert send(extra="https://spam.example").status_code == 303
    submission = Submission.objects.get()
    assert (submission.verdict, submission.mail) == (Verdict.SUSPECT, None)
    assert submission.reasons[0] == "honeypot"


def test_over_the_limit_the_form_says_so_and_keeps_the_text(send: Send) -> None:
    answers = [send(message=f"Nachricht {number}") for number in range(31)]
    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    page = answers[-1].content.decode()
    assert "Nachricht 30" in page
    assert "mailto:post@example.de" in page
    assert Submission.objects.count() == 30
    assert not mail.outbox


def test_another_network_is_not_held_up(send: Send, client: Client) -> None:
    for number in range(31):
        send(message=f"Nachricht {number}")
    form = FIELDS | {"nonce": nonce_in(client.get("/kontakt/").content.decode())}
    assert client.post("/kontakt/", form, REMOTE_ADDR="198.51.100.7").status_code == 303


def test_the_form_is_kept_by_the_browser_for_going_back_and_by_nobody_else(client: Client, db: None) -> None:
    cached = client.get("/kontakt/")["Cache-Control"]
    assert "private" in cached
    assert "no-store" not in cached


def test_the_sender_sees_the_fingerprint_and_gets_the_public_key(client: Client, operator_key: Path) -> None:
    assert certificates()[0].fingerprint in client.get("/kontakt/").content.decode()
    answer = client.get("/kontakt/schluessel.asc")
    assert answer["Content-Type"] == "application/pgp-keys"
    assert answer.content == operator_key.read_bytes()


def test_without_a_usable_key_there_is_none_to_take_away(client: Client, operator_key: Path) -> None:
    operator_key.unlink()
    assert client.get("/kontakt/schluessel.asc").status_code == 404
    assert client.get("/kontakt/").status_code == 200
