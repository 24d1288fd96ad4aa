"""A form whose session has ended: signed in at its place, carried out once, by nobody else, with nothing lost."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from sitebackend.cockpit import form_owner
from sitebackend.models import Act, Event, Operator
from tests.cockpit.conftest import PASSWORD, Desk, hidden, paper, proved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vault")]

NEW = "/admin/customers/customer/add/"
CUSTOMER = {
    "salutation": "", "first_name": "Erika", "last_name": "Müller-Öz", "company": 'Hobel & Söhne "GmbH"',
    "street": "Am Deich 3", "postal_code": "26721", "city": "Emden", "country": "Deutschland", "email": "e@example.org",
    "phone": "04921 5555", "vat_number": "", "notes": "Zeile 1\r\n  Zeile 2 <b>", "notes_purpose": "Vertrag",
    "contract": "contract", "retention": "refused", "invoicing": "contract",
    "given_at": "2026-06-02T08:00", "channel": "phone", "form": "oral",
}  # fmt: skip


def typed(desk: Desk) -> dict[str, str]:
    """The form for a new customer, opened and filled in."""
    return CUSTOMER | {"csrfmiddlewaretoken": desk.token(NEW)}


def is_sign_in(response: HttpResponse) -> bool:
    return response.status_code in (403, 422, 429) and 'name="sign-in-password"' in response.content.decode()


def is_kept(response: HttpResponse) -> bool:
    kept = hidden(response)
    return {name: kept[name] for name in CUSTOMER} == CUSTOMER


def saved() -> list[tuple[str, str]]:
    return list(Customer.objects.values_list("last_name", "notes"))


SAVED = [("Müller-Öz", "Zeile 1\n  Zeile 2 <b>")]


@pytest.fixture
def page(desk: Desk) -> HttpResponse:
    """What comes when the session has ended while a new customer was typed."""
    form = typed(desk)
    desk.end_session()
    return desk.post(NEW, form)


def test_the_form_is_sent_by_a_session_that_lives(desk: Desk) -> None:
    assert desk.post(NEW, typed(desk)).status_code == 302
    assert [name for name, _notes in saved()] == ["Müller-Öz"]


def test_an_ended_session_asks_in_place_and_keeps_all(page: HttpResponse) -> None:
    assert is_sign_in(page)
    assert is_kept(page)
    assert "no-store" in page.headers["Cache-Control"]
    assert saved() == []


def test_signing_in_carries_the_form_out(desk: Desk, page: HttpResponse, chef: Operator) -> None:
    done = desk.post(NEW, proved(page, username="chef", password=PASSWORD))
    customer = Customer.objects.get()
    assert (done.status_code, customer.last_name) == (302, "Müller-Öz")
    assert customer.notes.splitlines() == ["Zeile 1", "  Zeile 2 <b>"]
    assert desk.get("/admin/").status_code == 200


def test_it_is_carried_out_under_a_new_token(desk: Desk, page: HttpResponse, chef: Operator) -> None:
    before = desk.cookies[settings.CSRF_COOKIE_NAME].value
    desk.post(NEW, proved(page, username="chef", password=PASSWORD))
    assert desk.cookies[settings.CSRF_COOKIE_NAME].value != before
    assert form_owner.owner_of(desk.token(NEW)) == chef


def test_lost_cookies_lose_nothing(desk: Desk) -> None:
    form = typed(desk)
    desk.forget_cookies()
    page = desk.post(NEW, form)
    assert is_sign_in(page)
    assert is_kept(page)
    assert desk.post(NEW, proved(page, username="chef", password=PASSWORD)).status_code == 302
    assert len(saved()) == 1


def test_a_form_that_does_not_hold_is_shown_with_what_was_typed(desk: Desk) -> None:
    form = typed(desk) | {"email": "no address"}
    desk.end_session()
    page = desk.post(NEW, form)
    answer = desk.post(NEW, proved(page, username="chef", password=PASSWORD))
    assert answer.status_code == 422
    assert "Müller-Öz" in answer.content.decode()


def test_a_wrong_password_keeps_all(desk: Desk, page: HttpResponse) -> None:
    again = desk.post(NEW, proved(page, username="chef", password="guessed"))
    assert is_sign_in(again)
    assert is_kept(again)
    assert "guessed" not in again.content.decode()
    assert saved() == []


def test_a_lockout_keeps_all(desk: Desk, page: HttpResponse) -> None:
    for _guess in range(5):
        page = desk.post(NEW, proved(page, username="chef", password="guessed"))
    assert page.status_code == 429
    assert is_kept(page)
    assert desk.post(NEW, proved(page, username="chef", password=PASSWORD)).status_code == 429
    assert saved() == []


def test_another_account_does_not_send_it(desk: Desk, page: HttpResponse, other: Operator) -> None:
    refused = desk.post(NEW, proved(page, username="other", password=PASSWORD))
    assert is_sign_in(refused)
    assert is_kept(refused)
    assert "chef" not in refused.content.decode()
    assert desk.get("/admin/").status_code == 302, "nobody is signed in by it"
    assert desk.post(NEW, proved(refused, username="chef", password=PASSWORD)).status_code == 302
    assert len(saved()) == 1


def test_whoever_signed_in_meanwhile_is_not_taken_for_who_typed(desk: Desk, other: Operator) -> None:
    form = typed(desk)
    desk.end_session()
    desk.sign_in("other")
    page = desk.post(NEW, form)
    assert is_sign_in(page)
    assert is_kept(page)
    assert is_sign_in(desk.post(NEW, hidden(page))), "not even by pressing on"
    assert saved() == []
    assert desk.post(NEW, proved(page, username="chef", password=PASSWORD)).status_code == 302
    assert Customer.objects.count() == 1


def test_the_same_account_that_signed_in_again_elsewhere_presses_once(desk: Desk) -> None:
    form = typed(desk)
    desk.end_session()
    desk.sign_in()
    page = desk.post(NEW, form)
    assert page.status_code == 403
    assert not is_sign_in(page)
    assert is_kept(page)
    assert desk.post(NEW, hidden(page)).status_code == 302
    assert len(saved()) == 1


def test_a_page_sent_twice_is_carried_out_once(desk: Desk, page: HttpResponse) -> None:
    sent = proved(page, username="chef", password=PASSWORD)
    assert desk.post(NEW, sent).status_code == 302
    sent["csrfmiddlewaretoken"] = desk.token(NEW)
    again = desk.post(NEW, sent)
    assert again.status_code == 403
    assert is_kept(again)
    assert len(saved()) == 1


# --- from outside


def test_another_sites_form_gets_no_such_page(desk: Desk, page: HttpResponse) -> None:
    for headers in (
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"origin": "https://www.example.de", "sec-fetch-site": "cross-site"},
        {"origin": "https://www.example.de", "sec-fetch-site": "same-site"},
    ):
        answer = desk.post(NEW, CUSTOMER, headers=headers)
        assert answer.status_code == 403
        assert "Erika" not in answer.content.decode(), headers


def test_a_form_of_no_known_origin_gets_no_such_page(chef: Operator) -> None:
    answer = Client(enforce_csrf_checks=True).post(NEW, CUSTOMER)
    assert answer.status_code == 403
    assert "Erika" not in answer.content.decode()


def test_a_token_of_an_account_of_ones_own_sends_nothing_as_another(desk: Desk, other: Operator) -> None:
    attacker = Desk()
    attacker.sign_in("other")
    page = desk.post(NEW, CUSTOMER | {"csrfmiddlewaretoken": attacker.token(NEW)})
    assert is_sign_in(page)
    assert is_sign_in(desk.post(NEW, proved(page, username="chef", password=PASSWORD)))
    assert saved() == []


def test_a_token_for_nobody_is_no_bypass_of_the_click(desk: Desk) -> None:
    desk.end_session()
    desk.forget_cookies()
    page = desk.post(NEW, CUSTOMER | {"csrfmiddlewaretoken": desk.token("/admin/login/")})
    answer = desk.post(NEW, proved(page, username="chef", password=PASSWORD))
    assert answer.status_code == 403
    assert is_kept(answer)
    assert saved() == []
    assert desk.post(NEW, hidden(answer)).status_code == 302


@pytest.mark.parametrize("token", ["", "x", "a" * 64, "ü" * 64, "A" * 32, "0" * 65])
def test_what_is_no_token_belongs_to_nobody(chef: Operator, token: str) -> None:
    assert form_owner.owner_of(token) is None


def test_the_token_of_an_account_switched_off_belongs_to_nobody(desk: Desk, chef: Operator) -> None:
    token = desk.token(NEW)
    assert form_owner.owner_of(token) == chef
    Operator.objects.update(is_active=False)
    assert form_owner.owner_of(token) is None


def test_an_account_without_rights_is_refused_and_keeps_its_text(desk: Desk, page: HttpResponse) -> None:
    Operator.objects.update(is_superuser=False)
    answer = desk.post(NEW, proved(page, username="chef", password=PASSWORD))
    assert answer.status_code == 403
    assert is_kept(answer)
    Operator.objects.update(is_staff=False)
    assert desk.post(NEW, hidden(answer)).status_code in (403, 422)


def test_a_login_page_that_is_too_old_leads_to_a_new_one(desk: Desk) -> None:
    answer = desk.post("/admin/login/", {"username": "chef", "password": PASSWORD, "csrfmiddlewaretoken": "a" * 64})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/")


# --- files, several values of a name, names that collide


def test_a_file_is_asked_for_again_and_never_left_out(
    desk: Desk, operator_key: Path, key_pair: tuple[bytes, bytes]
) -> None:
    where = reverse("admin:contact_submission_key")
    form = {"csrfmiddlewaretoken": desk.token(where)}
    desk.end_session()
    page = desk.post(where, form | {"file": paper(key_pair[0], "key.asc")})
    asked = r'<input type="file"[^>]* name="file"[^>]* required'
    assert re.search(asked, page.content.decode())
    without = desk.post(where, proved(page, username="chef", password=PASSWORD))
    assert without.status_code == 403
    assert not is_sign_in(without), "signed in by now; only the file is missing"
    assert re.search(asked, without.content.decode())
    assert not Event.objects.filter(act=Act.KEY_REPLACED).exists()
    answer = desk.post(where, hidden(without) | {"file": paper(key_pair[0], "key.asc")})
    assert answer.status_code == 302
    assert Event.objects.filter(act=Act.KEY_REPLACED).exists()


def test_a_file_for_the_vault_never_touches_the_disk_at_the_door(desk: Desk) -> None:
    where = f"/admin/customers/customer/{'0' * 8}-0000-4000-8000-{'0' * 12}/documents/add/"
    token = desk.token(NEW)
    desk.end_session()
    response = desk.post(where, {"csrfmiddlewaretoken": token, "file": paper(b"x" * 3_000_000)})
    assert is_sign_in(response)
    (file,) = response.wsgi_request.FILES.values()
    assert isinstance(file, InMemoryUploadedFile)


def test_all_values_of_one_name_arrive(desk: Desk) -> None:
    form = {"csrfmiddlewaretoken": desk.token(NEW), "purpose": ["a", "b", "b"]}
    desk.end_session()
    assert hidden(desk.post(NEW, form))["purpose"] == ["a", "b", "b"]


def test_a_form_with_name_and_password_of_its_own_keeps_both_apart(desk: Desk) -> None:
    where = reverse("admin:sitebackend_operator_add")
    new = "yet another long password"
    form = {"username": "erika", "role": "Büro", "usable_password": "true", "password1": new, "password2": new}
    form["csrfmiddlewaretoken"] = desk.token(where)
    desk.end_session()
    page = desk.post(where, form)
    assert desk.post(where, proved(page, username="chef", password=PASSWORD)).status_code == 302
    assert Operator.objects.get(username="erika").check_password(new)


def test_a_form_at_the_limit_of_what_is_taken_passes(desk: Desk) -> None:
    form = typed(desk) | {"notes": "ü" * 40_000}
    desk.end_session()
    page = desk.post(NEW, form)
    assert len(hidden(page)["notes"]) == 40_000
    assert desk.post(NEW, proved(page, username="chef", password=PASSWORD)).status_code in (302, 422)


def test_reading_a_page_leads_to_the_login_and_back(desk: Desk) -> None:
    desk.end_session()
    assert desk.get(NEW).headers["Location"] == f"/admin/login/?next={NEW}"


# --- asked by a script, before the form is sent


def test_a_script_learns_that_a_form_would_pass_and_nothing_is_done(desk: Desk) -> None:
    answer = desk.post(NEW, typed(desk), headers={"x-sign-in": "asks"})
    assert form_owner.owner_of(answer.json()["token"])
    assert saved() == []


def test_a_script_is_given_what_to_ask_for_and_then_the_new_token(desk: Desk) -> None:
    form = typed(desk)
    desk.end_session()
    asks = {"x-sign-in": "asks"}
    question = desk.post(NEW, {"csrfmiddlewaretoken": form["csrfmiddlewaretoken"]}, headers=asks)
    assert is_sign_in(question)
    assert "<html" not in question.content.decode()
    wrong = desk.post(NEW, proved(question, username="chef", password="guessed"), headers=asks)
    assert is_sign_in(wrong)
    token = desk.post(NEW, proved(wrong, username="chef", password=PASSWORD), headers=asks).json()["token"]
    assert saved() == []
    assert desk.post(NEW, form | {"csrfmiddlewaretoken": token}).status_code == 302
    assert len(saved()) == 1
