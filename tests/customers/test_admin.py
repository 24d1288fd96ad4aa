"""The operator's pages: consents are recorded with the customer, technical data show with the vault open only."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Attachment, BillingDocument, ContactPoint, Customer, Evidence, Grant, TechnicalRecord
from customers.refusals import NoConsent
from customers.services.billing import file_billing_document
from customers.services.register import erase_customer
from customers.services.technical import attach
from sitebackend import uploads
from sitebackend.privacy.models import Channel, DataSubjectRequest, Kind
from sitebackend.privacy.services import intake
from sitebackend.privacy.statement import Statement
from sitebackend.vault.models import VaultEvent
from tests.customers.conftest import MASTER_DATA, SIGNED_PAPER
from tests.formats import files

pytestmark = pytest.mark.django_db
INVOICE = files.pdf(words="total 119,00")
SECRET = "heiße Brötchen 5€"


def url(name: str, *keys: object) -> str:
    return reverse(f"admin:customers_customer_{name}", args=keys)


def local(moment: object) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def registration(**changes: str) -> dict[str, str]:
    said = {"given_at": local(timezone.now()), "channel": "phone", "form": "oral"}
    agreed = {"contract": "contract", "invoicing": "consent", "retention": "refused"}
    return MASTER_DATA | {"country": "Deutschland"} | said | agreed | changes


def consent(**changes: object) -> dict[str, object]:
    paper = SimpleUploadedFile(SIGNED_PAPER.name, SIGNED_PAPER.content, SIGNED_PAPER.content_type)
    said = {"given_at": local(timezone.now()), "channel": "letter", "form": "written", "decision": "given"}
    return said | {"evidence": paper} | changes


def further(*points: dict[str, str]) -> dict[str, str]:
    """The part of the change form that holds further contact details."""
    count = {"contact_points-TOTAL_FORMS": str(len(points)), "contact_points-INITIAL_FORMS": "0"}
    fields = (
        (f"contact_points-{place}-{name}", value) for place, point in enumerate(points) for name, value in point.items()
    )
    return count | dict(fields)


def test_a_customer_is_registered_together_with_the_consents(admin_client: Client, vault_key: bytes) -> None:
    response = admin_client.post(url("add"), registration())
    customer = Customer.objects.get()
    assert response.headers["Location"] == url("page", customer.pk)
    assert customer.contract_consent.channel == "phone"
    assert customer.entries.count() == 3
    assert {entry.recorded_by.username for entry in customer.entries.all()} == {"chefin"}


@pytest.mark.parametrize("missing", ["contract", "invoicing", "retention", "given_at", "channel", "form"])
def test_nothing_is_ticked_beforehand_and_every_answer_is_needed(
    admin_client: Client, vault_key: bytes, missing: str
) -> None:
    assert b"checked" not in admin_client.get(url("add")).content
    response = admin_client.post(url("add"), registration(**{missing: ""}))
    assert response.status_code == 422
    assert "Möller-Groß" in response.content.decode()
    assert not Customer.objects.exists()


def test_the_form_shows_the_wordings_to_read_out(admin_client: Client) -> None:
    page = admin_client.get(url("add")).content.decode()
    assert page.count("<q>Ich bin damit einverstanden") == 3


def test_without_a_vault_the_form_says_so_and_keeps_what_was_typed(admin_client: Client) -> None:
    response = admin_client.post(url("add"), registration())
    assert response.status_code == 422
    assert "Königsallee" in response.content.decode()


def test_the_list_leads_to_the_customers_page_and_to_the_search(admin_client: Client, customer: Customer) -> None:
    page = admin_client.get(url("changelist")).content.decode()
    assert url("page", customer.pk) in page
    assert f'method="post" action="{url("search")}"' in page


def test_changing_master_data_leaves_no_copy_in_the_history(admin_client: Client, customer: Customer) -> None:
    data = MASTER_DATA | {"country": "Deutschland", "status": "active", "city": "Halle"} | further()
    response = admin_client.post(url("change", customer.pk), data)
    assert response.headers["Location"] == url("page", customer.pk)
    entry = LogEntry.objects.get()
    assert "Halle" not in entry.change_message
    assert "Leipzig" not in entry.change_message
    assert "Möller" not in entry.object_repr


def test_nobody_is_deleted_from_the_list(admin_client: Client, customer: Customer) -> None:
    assert admin_client.post(url("delete", customer.pk), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin_client.get(url("changelist")).content.decode()


def test_the_customer_page_shows_everything_on_one_screen(
    unlocked_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    file_billing_document(
        customer=customer,
        kind="invoice",
        number="R-17",
        issued_on=date(2026, 2, 1),
        amount=Decimal("119.00"),
        currency="EUR",
        file=SIGNED_PAPER,
    )
    page = unlocked_client.get(url("page", customer.pk)).content.decode()
    for expected in ("Königsallee 7 b", "Backstube", "R-17", "31.12.2034", "31.12.2036", SECRET):
        assert expected in page
    assert list(VaultEvent.objects.values_list("kind", "holding")) == [("opened", f"customers.customer|{customer.pk}")]


def test_the_locked_page_shows_that_records_are_there_and_nothing_of_them(
    admin_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    response = admin_client.get(url("page", customer.pk))
    page = response.content.decode()
    assert f"{reverse('admin:vault_unlock')}?next={url('page', customer.pk)}" in page
    assert "Backstube" not in page
    assert SECRET not in page
    assert "no-store" in response.headers["Cache-Control"]


def test_every_sealed_page_leads_to_the_unlock_page_while_locked(
    admin_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    attachment = attach(record=record, file=SIGNED_PAPER)
    evidence = Evidence.objects.get()
    for path in (
        url("record", customer.pk, record.pk),
        url("emergency", customer.pk),
        url("evidence", customer.pk, evidence.pk),
        url("attachment", customer.pk, record.pk, attachment.pk),
    ):
        response = admin_client.get(path)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("admin:vault_unlock"))
        assert "no-store" in response.headers["Cache-Control"]


def test_a_record_cannot_even_be_overwritten_while_locked(
    admin_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    admin_client.post(url("record", customer.pk, record.pk), {"name": "x"})
    record.refresh_from_db()
    assert record.revision == 1


def test_strangers_see_none_of_it(client: Client, record: TechnicalRecord, customer: Customer) -> None:
    for path in (url("page", customer.pk), url("emergency", customer.pk), url("changelist"), url("add")):
        response = client.get(path)
        assert response.status_code == 302
        assert "/admin/login/" in response.headers["Location"]


def test_technical_data_cannot_be_added_without_the_written_consent(admin_client: Client, customer: Customer) -> None:
    response = admin_client.post(url("record_add", customer.pk, "network"), {"name": "Büro"})
    assert response.status_code == 422
    assert not TechnicalRecord.objects.exists()


@pytest.mark.parametrize("change", [{"form": "oral"}, {"evidence": ""}, {"decision": "refused"}])
def test_the_written_consent_wants_writing_and_evidence(
    admin_client: Client, customer: Customer, change: dict[str, str]
) -> None:
    response = admin_client.post(url("consent", customer.pk, "technical"), consent(**change))
    assert response.status_code == 422
    assert not Grant.objects.exists()


def test_consent_record_and_reading_back(unlocked_client: Client, customer: Customer) -> None:
    assert unlocked_client.post(url("consent", customer.pk, "technical"), consent()).status_code == 302
    secret = {"name": "Büro-WLAN", "ssid": "Backstube", "wlan_password": f" {SECRET} ", "details": "Rack: Keller"}
    dump = SimpleUploadedFile("switch.cfg", b"hostname sw1\nenable secret 5\n")
    added = unlocked_client.post(url("record_add", customer.pk, "network"), secret | {"attachment": dump})
    assert added.headers["Location"] == url("page", customer.pk)
    record = TechnicalRecord.objects.get()
    form = unlocked_client.get(url("record", customer.pk, record.pk)).content.decode()
    assert f'value=" {SECRET} "' in form
    attachment = unlocked_client.get(url("attachment", customer.pk, record.pk, Attachment.objects.get().pk))
    assert attachment.content == b"hostname sw1\nenable secret 5\n"
    assert attachment.headers["Content-Disposition"] == 'attachment; filename="switch.cfg"'


@pytest.mark.parametrize("kind", ["network", "network_element", "device", "service", "credential"])
def test_every_kind_has_its_form(unlocked_client: Client, granting_customer: Customer, kind: str) -> None:
    customer = granting_customer
    assert unlocked_client.get(url("record_add", customer.pk, kind)).status_code == 200
    unlocked_client.post(url("record_add", customer.pk, kind), {"name": "Das hier"})
    assert "Das hier" in unlocked_client.get(url("emergency", customer.pk)).content.decode()


def test_unknown_kinds_and_purposes_are_not_found(unlocked_client: Client, customer: Customer) -> None:
    assert unlocked_client.get(url("record_add", customer.pk, "boat")).status_code == 404
    assert unlocked_client.get(url("consent", customer.pk, "fun")).status_code == 404
    assert unlocked_client.get(url("withdraw", customer.pk, "fun")).status_code == 404


def test_a_record_is_not_reached_through_another_customer(
    unlocked_client: Client, record: TechnicalRecord, new_customer: Callable[..., Customer]
) -> None:
    assert unlocked_client.get(url("record", new_customer().pk, record.pk)).status_code == 404


def test_a_record_is_changed_and_deleted(unlocked_client: Client, record: TechnicalRecord, customer: Customer) -> None:
    unlocked_client.post(url("record", customer.pk, record.pk), {"name": "Gäste-WLAN"})
    assert "Gäste-WLAN" in unlocked_client.get(url("page", customer.pk)).content.decode()
    unlocked_client.post(url("record_delete", customer.pk, record.pk))
    assert not TechnicalRecord.objects.exists()


def test_a_damaged_record_is_named_and_hides_nothing_else(
    unlocked_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    unlocked_client.post(url("record_add", customer.pk, "device"), {"name": "Heiler Drucker"})
    TechnicalRecord.objects.filter(pk=record.pk).update(revision=9)
    page = unlocked_client.get(url("page", customer.pk)).content.decode()
    assert "Heiler Drucker" in page
    assert "errornote" in page


def test_withdrawing_shows_what_it_does_and_then_does_it(
    admin_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    response = admin_client.get(url("withdraw", customer.pk, "technical"))
    plan = response.context["plan"]
    assert plan.records == 1
    data = {"plan": plan.digest, "given_at": local(timezone.now()), "channel": "phone"}
    assert admin_client.post(url("withdraw", customer.pk, "technical"), data).status_code == 302
    assert not TechnicalRecord.objects.exists()


def test_a_withdrawal_with_an_old_preview_is_refused(
    admin_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    plan = admin_client.get(url("withdraw", customer.pk, "technical")).context["plan"]
    admin_client.post(url("record_add", customer.pk, "device"), {"name": "Neu"})
    data = {"plan": plan.digest, "given_at": local(timezone.now()), "channel": "phone"}
    response = admin_client.post(url("withdraw", customer.pk, "technical"), data)
    assert response.status_code == 422
    assert TechnicalRecord.objects.count() == 2


def test_what_cannot_be_withdrawn_is_explained(admin_client: Client, customer: Customer) -> None:
    for purpose in ("contract", "technical"):
        assert admin_client.get(url("withdraw", customer.pk, purpose)).status_code == 409


def test_a_document_is_filed_and_opened_with_the_vault(unlocked_client: Client, customer: Customer) -> None:
    pdf = SimpleUploadedFile("R-17.pdf", INVOICE, "application/pdf")
    data = {"kind": "invoice", "number": "R-17", "issued_on": "2026-02-01", "amount": "119,00", "currency": "EUR"}
    assert unlocked_client.post(url("document_add", customer.pk), data | {"file": pdf}).status_code == 302
    document = BillingDocument.objects.get()
    assert document.amount == Decimal("119.00")
    assert unlocked_client.get(url("document", document.pk)).content == INVOICE


def test_the_same_number_twice_is_refused_at_the_form(unlocked_client: Client, customer: Customer) -> None:
    data = {"kind": "invoice", "number": "R-17", "issued_on": "2026-02-01", "amount": "119", "currency": "EUR"}
    for status in (302, 422):
        pdf = SimpleUploadedFile("R-17.pdf", INVOICE, "application/pdf")
        assert unlocked_client.post(url("document_add", customer.pk), data | {"file": pdf}).status_code == status


def test_confirming_moves_the_date(admin_client: Client, customer: Customer) -> None:
    Customer.objects.update(last_confirmed_at=timezone.now() - timedelta(days=400))
    admin_client.post(url("confirm", customer.pk))
    customer.refresh_from_db()
    assert customer.last_confirmed_at.date() == timezone.now().date()


def test_large_files_stay_in_memory_and_too_large_ones_are_refused(
    admin_client: Client, customer: Customer, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for size, status in ((uploads.LARGEST, 302), (uploads.LARGEST + 1, 422)):
        paper = SimpleUploadedFile("scan.pdf", files.pdf_of(size))
        response = admin_client.post(url("consent", customer.pk, "technical"), consent(evidence=paper))
        assert response.status_code == status
    assert not list(tmp_path.iterdir())
    assert Evidence.objects.count() == 1


def test_chosenwithout_the_token_are_refused(operator: object, customer: Customer) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    assert client.post(url("consent", customer.pk, "technical"), consent()).status_code == 403
    assert not Grant.objects.exists()


def test_several_documents_are_filed_by_the_names_of_their_files(admin_client: Client, customer: Customer) -> None:
    names = ("R-1 2026-02-01 119,00.pdf", "R-2 2026-02-02 1.000,50.pdf", "R-1 2026-02-01 119,00.pdf", "Foto.jpg")
    chosen = [SimpleUploadedFile(name, INVOICE) for name in names]
    data = {"kind": "invoice", "currency": "EUR", "documents": chosen}
    response = admin_client.post(url("documents_add", customer.pk), data)
    assert [bool(document) for _name, document, _reason in response.context["results"]] == [True, True, False, False]
    assert all(reason for _name, document, reason in response.context["results"] if not document)
    assert set(BillingDocument.objects.values_list("number", "amount")) == {
        ("R-1", Decimal("119.00")),
        ("R-2", Decimal("1000.50")),
    }


def test_no_file_at_all_is_named(admin_client: Client, customer: Customer) -> None:
    data = {"kind": "invoice", "currency": "EUR"}
    assert admin_client.post(url("documents_add", customer.pk), data).status_code == 422


def test_a_document_is_held_for_a_reason_and_released(admin_client: Client, customer: Customer) -> None:
    file = SimpleUploadedFile("R-1 2026-02-01 119,00.pdf", INVOICE)
    admin_client.post(url("documents_add", customer.pk), {"kind": "invoice", "currency": "EUR", "documents": [file]})
    page = url("document_hold", BillingDocument.objects.get().pk)
    assert admin_client.post(page, {"ground": "tax", "reason": ""}).status_code == 422
    admin_client.post(page, {"ground": "tax", "reason": "Einspruch"})
    assert BillingDocument.objects.get().hold_reason == "Einspruch"
    shown = admin_client.get(page).content.decode()
    assert "Einspruch" in shown
    assert "bleibt der Beleg noch bis zum 31. Dezember 2036." in shown
    past = date(2020, 12, 31)
    QuerySet.update(BillingDocument.objects.all(), statutory_until=past, kept_until=past)
    assert "wird der Beleg in der folgenden Nacht gelöscht" in admin_client.get(page).content.decode()
    admin_client.post(page)
    assert BillingDocument.objects.get().legal_hold is False


def test_a_held_document_whose_customer_is_gone_is_released(admin_client: Client, customer: Customer) -> None:
    file = SimpleUploadedFile("R-1 2026-02-01 119,00.pdf", INVOICE)
    admin_client.post(url("documents_add", customer.pk), {"kind": "invoice", "currency": "EUR", "documents": [file]})
    document = BillingDocument.objects.get()
    admin_client.post(url("document_hold", document.pk), {"ground": "tax", "reason": "Einspruch"})
    erase_customer(customer=customer)
    page = reverse("admin:customers_billingdocument_change", args=[document.pk])
    way = reverse("admin:customers_customer_document_hold", args=[document.pk])
    assert way in admin_client.get(page).content.decode()
    assert "Einspruch" in admin_client.get(way).content.decode()
    assert admin_client.post(way)["Location"] == page
    assert BillingDocument.objects.get().legal_hold is False


def test_all_records_are_searched_with_the_vault_open_only(
    unlocked_client: Client, record: TechnicalRecord, customer: Customer, new_customer: Callable[..., Customer]
) -> None:
    other = new_customer(company="Andere GmbH")
    page = unlocked_client.post(url("record_search"), {"words": "BACKSTUBE brotchen"}).content.decode()
    assert "Büro-WLAN" in page
    assert other.number not in page
    assert "Büro-WLAN" not in unlocked_client.post(url("record_search"), {"words": "backstube x"}).content.decode()
    unlocked_client.cookies.pop(django_settings.VAULT_COOKIE_NAME)
    assert unlocked_client.post(url("record_search"), {"words": "backstube"}).status_code == 302


def test_what_is_no_document_is_not_filed(admin_client: Client, customer: Customer) -> None:
    names = ("R-1 2026-02-01 119,00.pdf", "R-2 2026-02-01 119,00.xml", "R-3 2026-02-01 119,00.pdf")
    contents = (INVOICE, b"\xef\xbb\xbf" + files.INVOICE, b"MZ\x90\0 a program")
    chosen = [SimpleUploadedFile(name, content) for name, content in zip(names, contents, strict=True)]
    data = {"kind": "invoice", "currency": "EUR", "documents": chosen}
    results = admin_client.post(url("documents_add", customer.pk), data).context["results"]
    assert [bool(document) for _name, document, _reason in results] == [True, True, False]


def test_lines_that_name_themselves_are_fields_of_their_own(
    unlocked_client: Client, granting_customer: Customer
) -> None:
    customer = granting_customer
    details = "Rack: Keller, links\nIm Sommer zu warm\nWartung: jeden März\nhttp://192.0.2.1"
    unlocked_client.post(url("record_add", customer.pk, "device"), {"name": "NAS", "details": details})
    page = unlocked_client.get(url("emergency", customer.pk)).content.decode()
    for name, value in (("Rack", "Keller, links"), ("Wartung", "jeden März"), ("Weitere Angaben", "Im Sommer")):
        assert name in page.split(value)[0][-120:]


def test_a_network_has_its_vlans_subnets_and_more_than_one_wlan(
    unlocked_client: Client, granting_customer: Customer
) -> None:
    typed = {
        "name": "Büro",
        "vlan": "10 Büro\n20 Telefone",
        "subnets": "192.0.2.0/25\n192.0.2.128/25",
        "ssid": "Backstube",
        "wlan_password": SECRET,
        "guest_ssid": "Gäste",
        "guest_password": "gast-geheim-5",
    }
    unlocked_client.post(url("record_add", granting_customer.pk, "network"), typed)
    page = unlocked_client.get(url("emergency", granting_customer.pk)).content.decode()
    for told in ("20 Telefone", "192.0.2.128/25", "Backstube", "Gäste"):
        assert told in page
    for secret in (SECRET, "gast-geheim-5"):
        assert f'<input type="password" readonly value="{secret}"' in page
        assert page.count(secret) == 1


def test_the_page_shows_messages_and_requests_that_lead_to_the_customer(
    admin_client: Client, customer: Customer, new_customer: Callable[..., Customer]
) -> None:
    ContactPoint.objects.create(customer=customer, kind="phone", value="0171 5566")
    said = Statement(phone="+49 171 5566", message="Bitte löschen")
    request = DataSubjectRequest(kind=Kind.ERASURE, channel=Channel.TELEPHONE, received_on=timezone.localdate())
    intake.record(request, said=said, now=timezone.now())
    page = admin_client.get(url("page", customer.pk)).content.decode()
    assert request.reference in page
    other = new_customer(email="x@example.de", phone="", postal_code="70173")
    assert request.reference not in admin_client.get(url("page", other.pk)).content.decode()


def test_do_not_contact_stands_wherever_the_customer_does(
    unlocked_client: Client, record: TechnicalRecord, customer: Customer
) -> None:
    assert customer.do_not_contact
    pages = [
        unlocked_client.get(url("changelist")),
        unlocked_client.post(url("search"), {"words": customer.number}),
        unlocked_client.get(url("page", customer.pk)),
        unlocked_client.get(url("emergency", customer.pk)),
        unlocked_client.post(url("record_search"), {"words": "backstube"}),
    ]
    assert ["nicht ansprechen" in page.content.decode() for page in pages] == [True] * 5
    assert "möchte nicht" in unlocked_client.get(url("confirmation", customer.pk)).content.decode()
    with pytest.raises(NoConsent):
        Customer.objects.update(do_not_contact=False)
