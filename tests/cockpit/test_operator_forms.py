"""A form of the cockpit is carried out once, and never over what somebody else has changed."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.contrib import admin
from django.db import connection, connections
from django.test import Client, RequestFactory
from django.utils import timezone

from customers.models import BillingDocument, Customer, TechnicalRecord
from sitebackend.cockpit import idempotency
from sitebackend.models import AnsweredForm, Operator, SiteSettings
from sitebackend.pages.models import Category
from tests.customers.conftest import *  # noqa: F403 - the customers' fixtures
from tests.customers.test_admin import further, registration, url
from tests.formats import files

pytestmark = pytest.mark.django_db
ADD = "/admin/pages/category/add/"
CATEGORY = {"title": "Netzwerke", "language": "de", "slug": "netzwerke"}


def hidden(client: Client, address: str) -> dict[str, str]:
    """What the page carries besides the fields."""
    return state_in(client.get(address).content.decode())


def state_in(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(form_token|form_version)" value="([^"]*)"', html)
    return {name: value.replace("&quot;", '"') for name, value in found}


# --- sent twice


def test_a_double_click_adds_one_row_and_leads_to_the_same_page(admin_client: Client) -> None:
    sent = CATEGORY | hidden(admin_client, ADD) | {"_continue": "1"}
    first, second = admin_client.post(ADD, sent), admin_client.post(ADD, sent)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert Category.objects.count() == 1


def test_what_was_refused_can_be_sent_again(admin_client: Client) -> None:
    token = hidden(admin_client, ADD)
    assert admin_client.post(ADD, CATEGORY | token | {"title": ""}).status_code == 200
    assert AnsweredForm.objects.count() == 0
    assert admin_client.post(ADD, CATEGORY | token).status_code == 302


def test_back_and_another_content_asks_before_it_adds_a_second_one(admin_client: Client) -> None:
    token = hidden(admin_client, ADD)
    admin_client.post(ADD, CATEGORY | token)
    other = CATEGORY | {"title": "Telefone", "slug": "telefone"}
    asked = admin_client.post(ADD, other | token)
    assert (asked.status_code, Category.objects.count()) == (409, 1)
    assert 'value="Telefone"' in asked.content.decode()
    assert admin_client.post(ADD, other | state_in(asked.content.decode())).status_code == 302
    assert Category.objects.count() == 2


def test_a_row_added_in_a_window_of_its_own_is_added_once(admin_client: Client) -> None:
    sent = CATEGORY | hidden(admin_client, f"{ADD}?_popup=1") | {"_popup": "1"}
    first, second = admin_client.post(ADD, sent), admin_client.post(ADD, sent)
    assert first.context_data["popup_response_data"] == second.context_data["popup_response_data"]
    assert Category.objects.count() == 1


def test_a_customer_is_registered_once_without_the_question_of_the_second_click(
    admin_client: Client, vault_key: bytes
) -> None:
    sent = registration() | hidden(admin_client, url("add"))
    first, second = admin_client.post(url("add"), sent), admin_client.post(url("add"), sent)
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, first["Location"])
    assert Customer.objects.count() == 1


def test_a_document_a_record_and_a_hold_are_made_once(unlocked_client: Client, granting_customer: Customer) -> None:
    client, customer = unlocked_client, granting_customer
    page = url("document_add", customer.pk)
    sent = {"kind": "invoice", "number": "R-1", "issued_on": "2026-02-01", "amount": "1.234", "currency": "eur"}
    state = hidden(client, page)
    for _click in range(2):
        file = files_upload()
        assert client.post(page, sent | state | {"file": file}).status_code == 302
    document = BillingDocument.objects.get()
    assert (document.amount, document.currency) == (1234, "EUR")
    page = url("record_add", customer.pk, "device")
    sent = {"name": "NAS"} | hidden(client, page)
    assert [client.post(page, sent).status_code for _click in range(2)] == [302, 302]
    assert TechnicalRecord.objects.count() == 1
    page = url("document_hold", customer.pk, document.pk)
    sent = {"ground": "tax", "reason": "Einspruch"} | hidden(client, page)
    assert [client.post(page, sent).status_code for _click in range(2)] == [302, 302]
    document.refresh_from_db()
    assert document.legal_hold


def files_upload() -> object:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("R-1.pdf", files.pdf(), "application/pdf")


def test_several_documents_sent_twice_name_no_false_error(admin_client: Client, customer: Customer) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    page = url("documents_add", customer.pk)
    sent = {"kind": "invoice", "currency": "EUR"} | hidden(admin_client, page)
    answers = [
        admin_client.post(page, sent | {"documents": [SimpleUploadedFile("R-1 2026-02-01 1,00.pdf", files.pdf())]})
        for _click in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 302]
    assert BillingDocument.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only on PostgreSQL")  # Chromium tries it on SQLite
def test_two_clicks_at_once_add_one_row_and_none_is_an_error(operator: Operator) -> None:
    client = Client()
    client.force_login(operator)
    sent = CATEGORY | hidden(client, ADD)
    together, answers = Barrier(2), []

    def click() -> None:
        own = Client()
        own.cookies = client.cookies
        together.wait()
        answers.append(own.post(ADD, sent).status_code)
        connections.close_all()

    clicks = [Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert answers == [302, 302]
    assert Category.objects.count() == 1


def test_the_worker_forgets_forms_after_a_week(admin_client: Client) -> None:
    admin_client.post(ADD, CATEGORY | hidden(admin_client, ADD))
    now = timezone.now()
    assert idempotency.sweep(now + timedelta(days=6)) == 0
    assert idempotency.sweep(now + timedelta(days=8)) == 1


def test_what_was_typed_is_not_kept(admin_client: Client) -> None:
    admin_client.post(ADD, CATEGORY | hidden(admin_client, ADD))
    row = AnsweredForm.objects.get()
    assert "etzwerke" not in f"{row.key}{row.content_digest}{row.answer}"


# --- changed meanwhile


@pytest.fixture
def category(db: None) -> Category:
    return Category.objects.create(**CATEGORY)


def test_the_second_tab_is_told_shown_both_and_may_save_all_the_same(admin_client: Client, category: Category) -> None:
    page = f"/admin/pages/category/{category.pk}/change/"
    old = hidden(admin_client, page)
    admin_client.post(page, CATEGORY | hidden(admin_client, page) | {"title": "Netze"})
    answer = admin_client.post(page, CATEGORY | old | {"title": "Netzwerk & Telefon", "_continue": "1"})
    html = answer.content.decode()
    category.refresh_from_db()
    assert (answer.status_code, category.title) == (409, "Netze")
    assert 'value="Netzwerk &amp; Telefon"' in html
    assert "<td>Netzwerk &amp; Telefon</td><td>Netze</td>" in html
    assert "chefin" in html
    assert 'name="_continue"' in html
    saved = admin_client.post(page, CATEGORY | {"title": "Netzwerk & Telefon", "_continue": "1"} | state_in(html))
    category.refresh_from_db()
    assert (saved.status_code, category.title) == (302, "Netzwerk & Telefon")


def test_a_third_change_is_told_again(admin_client: Client, category: Category) -> None:
    page = f"/admin/pages/category/{category.pk}/change/"
    old = hidden(admin_client, page)
    Category.objects.update(title="Zweiter")
    html = admin_client.post(page, CATEGORY | old | {"title": "Dritter"}).content.decode()
    Category.objects.update(title="Vierter")
    assert admin_client.post(page, CATEGORY | state_in(html) | {"title": "Dritter"}).status_code == 409


def test_an_error_in_between_does_not_hide_the_other_edit(admin_client: Client, category: Category) -> None:
    page = f"/admin/pages/category/{category.pk}/change/"
    old = hidden(admin_client, page)
    html = admin_client.post(page, CATEGORY | old | {"title": ""}).content.decode()
    Category.objects.update(title="Zweiter")
    assert admin_client.post(page, CATEGORY | state_in(html) | {"title": "Dritter"}).status_code == 409


def test_a_double_click_on_a_change_is_no_conflict(admin_client: Client, category: Category) -> None:
    page = f"/admin/pages/category/{category.pk}/change/"
    sent = CATEGORY | hidden(admin_client, page) | {"title": "Netze"}
    assert [admin_client.post(page, sent).status_code for _click in range(2)] == [302, 302]


def test_a_further_contact_detail_of_the_other_is_not_lost(admin_client: Client, customer: Customer) -> None:
    page = url("change", customer.pk)
    old = hidden(admin_client, page)
    customer.contact_points.create(kind="phone", value="0171 123456")
    master = {name: getattr(customer, name) for name in ("last_name", "company", "city", "country", "status")}
    answer = admin_client.post(page, master | further() | old)
    assert answer.status_code == 409
    assert "0171 123456" in answer.content.decode()


def test_a_technical_record_is_not_saved_over_the_other_tab(unlocked_client: Client, record: TechnicalRecord) -> None:
    page = url("record", record.grant.customer.pk, record.pk)
    old = hidden(unlocked_client, page)
    first = unlocked_client.post(
        page, {"name": "Büro-WLAN", "ssid": "Neu", "wlan_password": "geheim 1"} | hidden(unlocked_client, page)
    )
    answer = unlocked_client.post(page, {"name": "Büro-WLAN", "ssid": "Anders", "wlan_password": "geheim 2"} | old)
    html = answer.content.decode()
    assert (first.status_code, answer.status_code) == (302, 409)
    assert "<td>Anders</td><td>Neu</td>" in html
    assert "<td>•••</td><td>•••</td>" in html
    mine = {"name": "Büro-WLAN", "ssid": "Anders"} | state_in(html)
    assert unlocked_client.post(page, mine).status_code == 302


def test_business_data_are_guarded_too(admin_client: Client, db: None) -> None:
    SiteSettings.objects.create(
        business_name="Netz", owner="E", street="Weg 1", postal_code="70173", city="S", email="a@b.de"
    )
    page = "/admin/sitebackend/sitesettings/1/change/"
    old = hidden(admin_client, page)
    SiteSettings.objects.update(phone="0711 1")
    data = {
        "business_name": "Netz",
        "owner": "E",
        "street": "Weg 1",
        "postal_code": "70173",
        "city": "S",
        "country": "D",
    }
    data |= {"email": "a@b.de", "brand_colour": "#0e5a60", "accent_colour": "#b3501b"}
    assert admin_client.post(page, data | old).status_code == 409
    assert SiteSettings.objects.get().phone == "0711 1"


# --- every form


def test_every_admin_form_reads_numbers_and_days_by_the_one_way(operator: Operator) -> None:
    from django import forms

    request = RequestFactory().get("/")
    request.user = operator
    plain = (forms.IntegerField, forms.DecimalField, forms.FloatField, forms.DateField, forms.DateTimeField)
    found = [
        f"{model.__name__}.{name}"
        for model, owner in admin.site._registry.items()
        if owner.has_add_permission(request) or owner.has_change_permission(request)
        for form in (owner.get_form(request), *(made for made, _inline in owner.get_formsets_with_inlines(request)))
        for name, field in getattr(form, "form", form).base_fields.items()
        if type(field) in plain or type(field) is forms.SplitDateTimeField
    ]
    assert found == []
