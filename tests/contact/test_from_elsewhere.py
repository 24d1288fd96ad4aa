"""A form that comes from another place than this site is not carried out, and nothing typed in it is lost."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from contact.models import Submission
from sitebackend.models import SiteSettings
from sitebackend.privacy.models import DataSubjectRequest
from tests.contact.conftest import FIELDS, nonce_in

Send = Callable[..., Any]
ELSEWHERE: dict[str, dict[str, str]] = {
    "no origin": {"Origin": "null"},
    "translated": {"Origin": "https://www-example-de.translate.goog", "Sec-Fetch-Site": "cross-site"},
    "translated, old browser": {
        "Origin": "https://www-example-de.translate.goog",
        "Referer": "https://www-example-de.translate.goog/kontakt/?_x_tr_sl=de&_x_tr_tl=en",
    },
    "another website": {"Sec-Fetch-Site": "cross-site"},
    "a sibling": {"Sec-Fetch-Site": "same-site"},
}
every_way = pytest.mark.parametrize("headers", ELSEWHERE.values(), ids=list(ELSEWHERE))
REQUEST = {
    "kind": "rectification",
    "name": "Änne „Müller“",
    "email": "aenne@example.org",
    "number": "K-1",
    "message": "x",
}


@pytest.fixture(autouse=True)
def _business(db: None) -> None:
    SiteSettings.objects.update_or_create(id=1, defaults={"business_name": "Netz & Co", "email": "post@example.de"})


@every_way
@pytest.mark.parametrize("path", ["/kontakt/", "/en/kontakt/"])
def test_what_was_typed_stays_and_the_page_says_what_to_do(send: Send, headers: dict[str, str], path: str) -> None:
    answer = send(path, headers=headers)
    page = unescape(answer.content.decode())
    assert answer.status_code == 403
    assert not Submission.objects.exists()
    assert all(f'value="{value}"' in page for name, value in FIELDS.items() if name != "message")
    assert FIELDS["message"] in page
    assert f'action="https://www.example.de{path}"' in page
    assert "mailto:post@example.de" in page


@every_way
def test_from_this_site_the_same_form_is_then_taken(send: Send, client: Client, headers: dict[str, str]) -> None:
    nonce = nonce_in(send(headers=headers).content.decode())
    own = {"Origin": "https://www.example.de", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/kontakt/", FIELDS | {"nonce": nonce}, headers=own).status_code == 303


def test_a_browser_that_says_where_the_page_is_from_is_believed_without_an_origin(send: Send) -> None:
    assert send(headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}).status_code == 303


@every_way
def test_the_request_form_keeps_it_as_well(client: Client, headers: dict[str, str]) -> None:
    nonce = nonce_in(client.get("/datenschutz/anfrage/").content.decode())
    answer = client.post("/datenschutz/anfrage/", REQUEST | {"nonce": nonce}, headers=headers)
    page = unescape(answer.content.decode())
    assert answer.status_code == 403
    assert not DataSubjectRequest.objects.exists()
    assert all(f'value="{REQUEST[name]}"' in page for name in ("name", "email", "number"))
    assert 'value="rectification" checked' in page.replace(' id="id_kind_3"', "").replace(' required=""', "")
    assert 'action="https://www.example.de/datenschutz/anfrage/"' in page


def test_a_body_that_is_no_form_is_no_error_of_ours(client: Client, operator_key: object) -> None:
    for path in ("/kontakt/", "/datenschutz/anfrage/"):
        answer = client.generic(
            "POST", path, b"x", content_type="multipart/form-data; boundary=", headers={"Origin": "null"}
        )
        assert answer.status_code == 403


def test_where_there_is_nothing_typed_to_keep_the_page_says_what_to_do(client: Client) -> None:
    answer = client.post("/cookies/accept/", headers={"Origin": "null"})
    assert answer.status_code == 403
    assert "Übersetzung" in answer.content.decode()
