"""What was said by word of mouth is confirmed in writing, and the operator sees what still waits."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from customers import health
from customers.models import Confirmation, ConsentEntry, Customer, TechnicalRecord
from customers.services.confirmations import note_confirmation, send_confirmation
from sitebackend.mail.services import deliver_due
from sitebackend.privacy import erasure
from sitebackend.privacy.registry import DataSubject
from tests.contact.mailserver import free_port, point_to

pytestmark = pytest.mark.django_db


def test_the_mail_tells_all_master_data_and_consents_and_nothing_technical(record: TechnicalRecord) -> None:
    customer = record.grant.customer
    send_confirmation(customer=customer, now=timezone.now())
    assert deliver_due(timezone.now()) == 1
    (message,) = mail.outbox
    assert message.to == [customer.wire_email]
    for told in ("Königsallee 7 b", "04109", "Bäckerei Möller & Söhne", "K00001", "Ich bin damit einverstanden"):
        assert told in message.body
    assert "Backstube" not in message.body
    assert "Möller" not in message.subject


def test_sending_notes_each_oral_statement_as_confirmed_once(customer: Customer) -> None:
    assert customer.entries.unconfirmed().count() == 1
    for _time in range(2):
        send_confirmation(customer=customer, now=timezone.now())
        assert customer.entries.unconfirmed().exists() is (_time == 0)
        deliver_due(timezone.now())
    assert Confirmation.objects.count() == 1
    assert not customer.entries.unconfirmed().exists()


def test_a_refusal_by_the_mail_server_notes_nothing(customer: Customer, settings: Settings) -> None:
    point_to(settings, free_port())
    send_confirmation(customer=customer, now=timezone.now())
    assert deliver_due(timezone.now()) == 0
    assert not Confirmation.objects.exists()


def test_without_an_address_the_letter_is_offered(customer: Customer, admin_client: Client) -> None:
    customer.email = ""
    customer.save()
    page = reverse("admin:customers_customer_confirmation", args=[customer.pk])
    assert admin_client.post(page, {"means": "mail"}).status_code == 422
    assert "Königsallee" in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"means": "letter"}).status_code == 302
    assert set(Confirmation.objects.values_list("means", flat=True)) == {"letter"}


def test_what_waits_for_a_week_is_a_warning_that_leads_to_the_list(customer: Customer, admin_client: Client) -> None:
    now = timezone.now()
    assert list(health.oral_statements(now)) == []
    (finding,) = health.oral_statements(now + timedelta(days=8))
    assert "K00001" in admin_client.get(finding.url).content.decode()
    note_confirmation(entries=customer.entries.all(), means="letter", at=now)
    assert list(health.oral_statements(now + timedelta(days=8))) == []


def test_a_year_without_confirmation_is_a_warning_that_leads_to_the_list(
    customer: Customer, admin_client: Client
) -> None:
    Customer.objects.update(last_confirmed_at=timezone.now() - timedelta(days=366))
    (finding,) = health.confirmations(timezone.now())
    assert "K00001" in admin_client.get(finding.url).content.decode()


def test_a_hold_keeps_master_data_and_proof_but_not_technical_data(record: TechnicalRecord) -> None:
    customer = record.grant.customer
    customer.hold_reason = "Rechtsstreit über Rechnung R-17"
    customer.save()
    her = DataSubject(email=customer.email)
    scope = ["customers.master_data", "customers.evidence", "customers.technical"]
    plan = erasure.plan(her, scope)
    assert {step.source for step in plan.retained} == {"customers.master_data", "customers.evidence"}
    assert "Rechtsstreit" in str(plan.retained[0].reason)
    erasure.erase(her, scope, plan_hash=plan.hash, now=datetime(2026, 11, 23, tzinfo=UTC))
    assert not TechnicalRecord.objects.exists()
    assert ConsentEntry.objects.filter(customer=customer).exists()
