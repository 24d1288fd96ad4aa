"""What nobody would type ends as text, as an error at its field or as a 4xx: never a 500 or a second recipient."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact.forms import ContactForm
from contact.models import Submission
from sitebackend.mail.services import deliver_due
from tests.contact.conftest import FIELDS, NOON, nonce_in
from tests.contact.mailserver import Handler

Send = Callable[..., Any]


@pytest.mark.parametrize("field", ["name", "street", "postal_code", "city", "phone", "email"])
@pytest.mark.parametrize(
    "ending", ["\r\nBcc: victim@example.org", "\nTo: victim@example.org", "\x0bX", "\u2028X", "\x85X"]
)
def test_a_second_line_where_one_belongs_is_an_error_at_its_field(send: Send, field: str, ending: str) -> None:
    answer = send(**{field: FIELDS[field] + ending})
    assert answer.status_code == 422
    assert f'href="#id_{field}"' in answer.content.decode()


@pytest.mark.parametrize(
    "addresses",
    [
        "a@example.org, b@example.org",
        "a@example.org;b@example.org",
        "a@example.org b@example.org",
        "<a@example.org>",
        "Name <a@example.org>",
        '"a,b"@example.org',
        '"a\\"b"@example.org',
        "a@example.org(b@example.org)",
        "a@b@example.org",
        "a@example.org%0ABcc:b@example.org",
    ],
)
def test_anything_but_one_address_is_refused(send: Send, addresses: str) -> None:
    assert send(email=addresses).status_code == 422


@pytest.mark.parametrize("field", list(FIELDS))
@pytest.mark.parametrize("typed", ["\x00", "a\x00b", "\u200b\u200d\ufeff", "\u202e\u2066", "   ", "\u3000\u00a0"])
def test_nothing_visible_or_a_nul_is_an_error(send: Send, field: str, typed: str) -> None:
    assert send(**{field: typed}).status_code == 422
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        "\u202eevil\u202c right to left",
        "Z\u0300\u0301\u0302algo",
        "{{ settings.SECRET_KEY }}{% debug %}",
        "'; DROP TABLE contact_submission; --",
        '=HYPERLINK("http://example.org")',
        "</textarea><script>alert(1)</script>",
        "-----BEGIN PGP MESSAGE-----",
        "From nobody\r\n.\r\nQUIT\r\n",
        "%00 %0d%0a \\r\\n ${jndi:ldap://example.org}",
    ],
)
def test_what_looks_like_code_is_stored_and_mailed_as_text(
    send: Send, mail_server: Handler, opened: Callable[..., Any], typed: str
) -> None:
    typed += "\r\nDas zeigt unser Drucker seit gestern Morgen an. Können Sie bitte vorbeikommen und nachsehen?"
    assert send(message=typed).status_code == 303
    assert opened(Submission.objects.get())["message"] == typed
    deliver_due(Submission.objects.get().received_at)
    (mail,) = mail_server.mails()
    assert mail.get_all("To") == ["operator@example.de"]
    assert mail["Bcc"] is None
    assert typed.replace("\r\n", "\n").strip() in mail.get_content().replace("\r\n", "\n")


def test_scripts_in_every_field_come_back_as_text(send: Send) -> None:
    script = "<script>alert(1)</script>"
    page = send(**dict.fromkeys(FIELDS, script)).content.decode()
    assert script not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= len(FIELDS)


def test_ten_megabytes_are_too_large(client: Client, db: None) -> None:
    answer = client.post("/kontakt/", b"message=" + b"x" * 10_000_000, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


def test_the_longest_form_fits(send: Send, opened: Callable[..., Any]) -> None:
    assert send(message="🙂" * 100_000, name="🙂" * 200, street="ß" * 200).status_code == 303
    assert opened(Submission.objects.get())["message"] == "🙂" * 100_000


@pytest.mark.parametrize("field", list(FIELDS))
def test_too_long_is_an_error_at_its_field(send: Send, field: str) -> None:
    assert send(**{field: "7" * 100_001}).status_code == 422


def test_a_thousand_and_one_fields_are_refused(client: Client, db: None) -> None:
    answer = client.post("/kontakt/", {f"field{number}": "x" for number in range(1001)})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=" + "b" * 300, b"--b"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=name\r\n\r\nno end"),
        ("multipart/form-data; boundary=b", b"--b\r\n" * 500),
        ("multipart/form-data; boundary=b; charset=base64", b"--b\r\n\r\n--b--"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"name=x"),
        ("application/x-www-form-urlencoded", b"name=%ED%A0%80&message=%FF%FE&%=&=&&&"),
        ("application/json", b'{"name": "x"}'),
        ("text/plain", b"name=x"),
        ("", b"name=x"),
    ],
)
def test_a_body_that_is_no_form_is_the_senders_mistake(client: Client, db: None, kind: str, body: bytes) -> None:
    answer = client.generic("POST", "/kontakt/", body, content_type=kind)
    assert answer.status_code in (400, 422)


def test_an_attached_file_is_read_past(client: Client, operator_key: object, db: None) -> None:
    nonce = nonce_in(client.get("/kontakt/").content.decode())
    part = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    body = "".join(part.format(name, "", value) for name, value in (FIELDS | {"nonce": nonce}).items())
    body += part.format("message", '; filename="virus.exe"', "MZ" * 1000) + "--b--\r\n"
    answer = client.generic("POST", "/kontakt/", body.encode(), content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 303


def test_a_form_from_another_website_is_not_carried_out(send: Send) -> None:
    assert send(headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert send(headers={"Origin": "https://evil.example"}).status_code == 403
    assert send(headers={"Origin": "https://www.example.de"}).status_code == 303


def test_other_methods_are_refused(client: Client, db: None) -> None:
    assert client.put("/kontakt/").status_code == 405
    assert client.delete("/kontakt/").status_code == 405


@given(st.dictionaries(st.sampled_from([*FIELDS, "nonce", "extra"]), st.text(max_size=50)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_never_a_server_error(send: Send, typed: dict[str, str]) -> None:
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in typed.items()}
    assert send(**clean).status_code in (303, 422, 429)


def test_a_lone_surrogate_in_a_form_of_ours_is_an_error(send: Send, client: Client) -> None:
    form = ContactForm(FIELDS | {"name": "\ud800", "nonce": nonce_in(client.get("/kontakt/").content.decode())})
    assert list(form.errors) == ["name"]


def test_a_sender_is_counted_by_the_peer_and_not_by_a_header(send: Send) -> None:
    forged = [send(message=str(number), headers={"X-Forwarded-For": f"10.0.{number}.1"}) for number in range(31)]
    assert forged[-1].status_code == 429


def test_the_delivered_mail_of_a_hostile_form_has_one_recipient(send: Send, mail_server: Handler) -> None:
    send(name="a@example.org, b@example.org", city="victim@example.org")
    deliver_due(max(NOON, Submission.objects.get().received_at))
    assert mail_server.mails()[0].get_all("To") == ["operator@example.de"]
