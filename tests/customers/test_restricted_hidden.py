"""Restricted data stay out of view (Art. 18 GDPR): every way to see them is walked, and asks for a reason first."""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contact import services as contact
from contact.models import Submission
from customers.clear_file import ClearFile
from customers.models import BillingDocument, Customer
from customers.services.billing import file_billing_document
from sitebackend import nonce
from sitebackend.models import Act, Event, LookReason, Operator
from sitebackend.privacy.restriction import services as restriction
from tests.customers.conftest import MASTER_DATA, agree_to_technical_data
from tests.formats import files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key")]
NewCustomer = Callable[..., Customer]
HERS = ("Möller", "Änne", "Königsallee", "90 12-34", "Moeller@Baeckerei", "Leipzig", "zahlt immer spät")
REASON = {"show_because": "claims"}


@pytest.fixture
def restricted(customer: Customer) -> Customer:
    customer.notes, customer.notes_purpose = "zahlt immer spät", "Absprachen"
    customer.save()
    agree_to_technical_data(customer)
    file_billing_document(
        customer=customer,
        kind="invoice",
        number="R-1",
        issued_on=timezone.localdate(),
        amount=Decimal("119.00"),
        currency="EUR",
        file=ClearFile("r.pdf", "application/pdf", files.pdf(words="Möller")),
    )
    restriction.restrict("customers.master_data", [customer.pk], now=timezone.now())
    return customer


#: every page of the cockpit that shows something of a customer → what is sent to it
WAYS: dict[str, dict[str, str] | None] = {
    "/admin/customers/customer/": None,
    "/admin/customers/customer/?o=2": None,
    "/admin/customers/customer/?confirm=due": None,
    "/admin/customers/customer/?written=waiting": None,
    "/admin/customers/customer/search/": {"words": "Möller"},
    "/admin/customers/customer/records/search/": {"words": "Möller"},
    "/admin/customers/customer/{customer}/": None,
    "/admin/customers/customer/{customer}/change/": None,
    "/admin/customers/customer/{customer}/history/": None,
    "/admin/customers/customer/{customer}/delete/": None,
    "/admin/customers/customer/{customer}/confirmed/": None,
    "/admin/customers/customer/{customer}/confirmation/": None,
    "/admin/customers/customer/{customer}/emergency-sheet/": None,
    "/admin/customers/customer/{customer}/consent/retention/": None,
    "/admin/customers/customer/{customer}/withdraw/invoicing/": None,
    "/admin/customers/customer/{customer}/evidence/{evidence}/": None,
    "/admin/customers/customer/{customer}/records/add/network/": None,
    "/admin/customers/customer/{customer}/documents/add/": None,
    "/admin/customers/customer/{customer}/documents/add-several/": None,
    "/admin/customers/customer/{customer}/documents/{document}/hold/": None,
    "/admin/customers/customer/documents/{document}/": None,
    "/admin/customers/billingdocument/": None,
    "/admin/customers/billingdocument/{document}/change/": None,
    "/admin/restriction/restriction/": None,
    "/admin/": None,
}


def way(address: str, customer: Customer) -> str:
    evidence, document = customer.evidence.get(), customer.documents.get()
    return address.format(customer=customer.pk, evidence=evidence.pk, document=document.pk)


@pytest.mark.parametrize("address", WAYS)
def test_no_page_shows_restricted_data_by_itself(restricted: Customer, unlocked_client: Client, address: str) -> None:
    sent = WAYS[address]
    path = way(address, restricted)
    response: Any = unlocked_client.post(path, sent) if sent else unlocked_client.get(path, follow=True)
    text = response.content.decode(errors="replace")
    typed = (sent or {}).get("words", "")
    assert not [word for word in HERS if word in text.replace(f'value="{typed}"', "")]
    assert not Event.objects.filter(act=Act.LOOKED).exists()


def test_every_page_below_a_customer_is_on_the_list() -> None:
    """A new page is walked as well, or named here with its reason."""
    from sitebackend.cockpit import pages

    walked = {address.split("{customer}/")[-1].split("/")[0] for address in WAYS}
    without = {
        "add": "a new customer",
        "import": "names numbers only",
        "inactive": "leaves them out",
        **dict.fromkeys(("records", "keep", "let-go"), "refused like the emergency sheet"),
        "confirmed": "",
    }
    hung = [path for path, _page, name in pages._hung if name.startswith("customers_customer_")]
    firsts = {path.removeprefix("customers/customer/").removeprefix("<uuid:customer>/").split("/")[0] for path in hung}
    assert firsts - walked - set(without) - {""} <= {"search", "documents"}


def test_the_question_about_duplicates_names_the_number_only(
    restricted: Customer, admin_client: Client, new_customer: NewCustomer
) -> None:
    form = {**MASTER_DATA, "country": "Deutschland", "contract": "contract", "invoicing": "contract"}
    form |= {"retention": "refused", "channel": "phone", "form": "oral", "last_name": "Anders", "company": "X"}
    form |= {"given_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "first_name": "Y", "city": "Z", "street": "S"}
    response = admin_client.post("/admin/customers/customer/add/", form)
    errors = str(response.context["form"].non_field_errors())
    assert restricted.number in errors
    assert not [word for word in HERS if word in errors]


def test_with_a_reason_they_are_shown_once_and_the_trail_keeps_who_and_why(
    restricted: Customer, admin_client: Client, operator: Operator
) -> None:
    page = f"/admin/customers/customer/{restricted.pk}/"
    assert "Königsallee 7 b" in admin_client.post(page, REASON).content.decode()
    (event,) = Event.objects.filter(act=Act.LOOKED)
    assert (event.operator, event.kind, event.key, event.reason) == (
        operator,
        "customers.customer",
        str(restricted.pk),
        "claims",
    )
    assert "Königsallee 7 b" not in admin_client.get(page).content.decode()
    assert str(LookReason.CLAIMS.label) in admin_client.get("/admin/sitebackend/event/").content.decode()


@pytest.mark.parametrize("reason", ["", "curious"])
def test_without_a_true_reason_nothing_is_shown(restricted: Customer, admin_client: Client, reason: str) -> None:
    response = admin_client.post(f"/admin/customers/customer/{restricted.pk}/", {"show_because": reason})
    assert "Königsallee" not in response.content.decode()
    assert not Event.objects.filter(act=Act.LOOKED).exists()


def test_the_file_of_a_document_asks_for_a_reason_too(restricted: Customer, unlocked_client: Client) -> None:
    path = f"/admin/customers/customer/documents/{BillingDocument.objects.get().pk}/"
    assert unlocked_client.get(path).status_code == 409
    response = unlocked_client.post(path, REASON)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert Event.objects.filter(act=Act.LOOKED, kind="customers.billingdocument").count() == 1


def test_an_unrestricted_customer_is_shown_as_ever(customer: Customer, admin_client: Client) -> None:
    assert "Königsallee" in admin_client.get(f"/admin/customers/customer/{customer.pk}/").content.decode()
    assert "Leipzig" in admin_client.get("/admin/customers/customer/").content.decode()


def test_the_list_asks_about_all_rows_at_once(
    restricted: Customer, admin_client: Client, new_customer: NewCustomer
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            admin_client.get("/admin/customers/customer/")
        return len([query for query in seen.captured_queries if "consent_" not in query["sql"]])  # asked now and then

    few = queries()
    for place in range(5):
        new_customer(email=f"k{place}@example.org", phone=f"0341 {place}", company=f"Firma {place}")
    assert queries() <= few


# --- messages


@pytest.fixture
def message(db: None) -> Submission:
    fields = dict.fromkeys(("name", "street", "postal_code", "city", "phone", "message"), "Geheimes")
    fields["email"] = "her@example.org"
    sent = contact.receive(fields=fields, reply_to="her@example.org", nonce=nonce.issue(), now=timezone.now())
    restriction.restrict("contact.submissions", [sent.pk], now=timezone.now())
    return sent


def test_a_restricted_message_is_neither_read_nor_taken_away_without_a_reason(
    message: Submission, unlocked_client: Client
) -> None:
    page = reverse("admin:contact_submission_message", args=[message.pk])
    assert unlocked_client.get(page).status_code == 302
    taken = unlocked_client.post(page, REASON)
    assert taken.content.startswith(b"-----BEGIN PGP MESSAGE")
    (event,) = Event.objects.filter(act=Act.LOOKED)
    assert (event.kind, event.reason) == ("contact.submission", "claims")


def test_its_page_asks_first(message: Submission, unlocked_client: Client) -> None:
    page = reverse("admin:contact_submission_page", args=[message.pk])
    assert unlocked_client.get(page).context["show_form"]
    assert "show_form" not in unlocked_client.post(page, REASON).context
    assert Event.objects.filter(act=Act.LOOKED).count() == 1


def test_the_shell_asks_too(message: Submission, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="--because"):
        call_command("decrypt", message.reference, stdout=io.StringIO())
    assert not Event.objects.filter(act=Act.OPENED).exists()
