"""No word is cut: what is too long is told, with by how much, and stays in the form to the last sign."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from contact.forms import LONGEST_MESSAGE, ContactForm
from contact.models import Submission
from contact.spam import signs
from sitebackend.mail.services import deliver_due
from sitebackend.nonce import Age
from tests.contact.conftest import FIELDS, nonce_in
from tests.contact.mailserver import Handler

Send = Callable[..., Any]
LOG = "".join(f"{number:05} eth0: Verbindung zu „Büro“ verloren\r\n" for number in range(800))


def typed_message(page: str) -> str:
    """What stands in the message's field; HTML lets the first line end after the tag go."""
    found = re.search(r'<textarea[^>]*name="message"[^>]*>\r?\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("path", ["/kontakt/", "/en/kontakt/", "/datenschutz/anfrage/"])
def test_no_field_has_the_browser_cut_what_is_pasted(client: Client, operator_key: object, db: None, path: str) -> None:
    assert "maxlength" not in client.get(path).content.decode()


def test_a_pasted_log_arrives_to_its_last_line(send: Send, opened: Callable[..., Any]) -> None:
    assert len(LOG) > 30_000
    assert send(message=LOG).status_code == 303
    assert opened(Submission.objects.get())["message"] == LOG


@pytest.mark.parametrize("unit", ["x", "ä", "🙂", "Zeile 1\r\n"], ids=["x", "umlaut", "emoji", "lines"])
def test_as_much_is_taken_as_the_form_says_whatever_it_is_made_of(
    send: Send, opened: Callable[..., Any], unit: str
) -> None:
    message = unit * (LONGEST_MESSAGE // len(unit.replace("\r\n", "\n")))
    message += "x" * (LONGEST_MESSAGE - len(message.replace("\r\n", "\n")))
    assert send(message=message).status_code == 303
    assert opened(Submission.objects.get())["message"] == message


@pytest.mark.parametrize("unit", ["x", "🙂", "\r\nx", " "], ids=["x", "emoji", "lines", "blanks"])
def test_one_sign_too_much_is_told_and_all_of_it_stays(send: Send, unit: str) -> None:
    message = "Guten Tag" + unit * 120_000
    answer = send(message=message)
    page = unescape(answer.content.decode())
    length = len(message.replace("\r\n", "\n"))
    assert answer.status_code == 422
    assert typed_message(answer.content.decode()) == message
    assert f"{length - 100_000:,}".replace(",", ".") in page
    assert "100.000" in page
    assert not Submission.objects.exists()


def test_half_a_million_signs_stay_in_the_form(send: Send) -> None:
    message = "Protokoll über die Störung\r\n" * 18_000
    assert len(message) > 500_000
    assert typed_message(send(message=message).content.decode()) == message


@pytest.mark.parametrize("field", [name for name in FIELDS if name != "message"])
def test_a_short_field_that_is_too_long_stays_as_well(send: Send, field: str) -> None:
    answer = send(**{field: "7" * 300})
    assert answer.status_code == 422
    assert f'value="{"7" * 300}"' in answer.content.decode()


def test_what_no_form_takes_is_refused_with_the_way_back_to_the_text(send: Send, client: Client) -> None:
    nonce = nonce_in(client.get("/kontakt/").content.decode())
    answer = client.post("/kontakt/", FIELDS | {"nonce": nonce, "message": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    assert answer.status_code == 413
    assert "100.000 Zeichen" in unescape(answer.content.decode())
    assert "zurück" in unescape(answer.content.decode())


def test_the_longest_form_fits_whatever_it_is_made_of() -> None:
    """Four bytes of UTF-8, three signs each."""
    longest = sum(getattr(field, "longest", None) or field.max_length for field in map(_field, FIELDS))
    assert 12 * longest + 10_000 < settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _field(name: str) -> Any:
    return ContactForm.base_fields[name]


@pytest.mark.parametrize("unit", ["x", "🙂", "ä ", "\n"], ids=["one line", "emoji", "words", "line ends"])
def test_the_longest_message_reaches_the_operator_whole(send: Send, mail_server: Handler, unit: str) -> None:
    """SMTP takes no line beyond 998 bytes (RFC 5321): none is broken or lost on the way."""
    message = "Anfang " + unit * ((LONGEST_MESSAGE - 14) // len(unit)) + " Ende"
    assert send(message=message.replace("\n", "\r\n")).status_code == 303
    assert deliver_due(timezone.now()) == 1
    (mail,) = mail_server.mails()
    assert mail.get_content().replace("\r\n", "\n").rstrip("\n").endswith(message)


@pytest.mark.parametrize("unit", ["<a ", "[url", "http", "www.", "\u200b", "1", "a1", "@a", "0_"])
def test_no_text_keeps_the_spam_checks_busy(unit: str) -> None:
    """Looking for `<a …href` from each `<a` to the end of the text took minutes."""
    text = (unit * 100_000)[:100_000]
    found = signs.reasons(FIELDS | {"message": text}, honeypot="", age=Age.FINE, earlier_uses=0)
    assert "markup" not in found


def test_the_request_form_takes_a_long_text_and_keeps_a_longer_one(client: Client, db: None) -> None:
    form = {"kind": "rectification", "name": "Anna", "email": "anna@example.org"}
    form["nonce"] = nonce_in(client.get("/datenschutz/anfrage/").content.decode())
    answer = client.post("/datenschutz/anfrage/", form | {"message": "ä\r\n" * 60_000})
    assert answer.status_code == 422
    assert typed_message(answer.content.decode()) == "ä\r\n" * 60_000
    assert "100.000" in answer.content.decode()
    answer = client.post("/datenschutz/anfrage/", form | {"message": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    assert answer.status_code == 413
    assert "zurück" in unescape(answer.content.decode())


def test_a_search_that_is_too_long_is_not_cut_to_another_one(client: Client, db: None) -> None:
    page = client.get("/suche/", {"q": "netz " * 40}).content.decode()
    assert "maxlength" not in page
    assert "netz " * 39 in page
    assert "höchstens 100 Zeichen" in page
