"""Canaries: what is typed into sealed places is in no file, whenever one looks, and in no locked answer."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from customers.clear_file import ClearFile
from customers.models import Attachment, BillingDocument, Customer, Evidence, TechnicalRecord
from customers.services.billing import file_billing_document
from sitebackend.models import Operator
from sitebackend.vault import sessions
from tests.formats import files

pytestmark = pytest.mark.django_db
KINDS = ("network", "network_element", "device", "service", "credential")
CANARIES = [f"kanarienvogel-{number:04d}-gelb" for number in range(1000)]


def on_disk(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield path, path.read_bytes()


def database_bytes() -> bytes:
    """Everything the database would hold in its file, the log included."""
    if connection.vendor != "sqlite":
        tables = connection.introspection.table_names()
        with connection.cursor() as cursor:
            rows = []
            for table in tables:
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own table names
                rows.extend(cursor.fetchall())
        return b"".join(
            bytes(value) if isinstance(value, memoryview) else str(value).encode() for row in rows for value in row
        )
    assert isinstance(connection.connection, sqlite3.Connection)
    return connection.connection.serialize()


def canaries_in(content: bytes) -> list[str]:
    return [canary for canary in CANARIES if canary.encode() in content] if b"kanarienvogel" in content else []


@pytest.fixture
def nest(
    admin_client: Client, granting_customer: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Customer:
    """A customer whose sealed places hold the canaries, typed by the operator while the vault was locked."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    customer, supply = granting_customer, iter(CANARIES)
    for _round in range(20):
        for kind in KINDS:
            page = reverse("admin:customers_customer_record_add", args=[customer.pk, kind])
            fields = admin_client.get(page).context["form"].fields
            typed = {name: next(supply, "x") for name in fields if name != "attachment"}
            dump = SimpleUploadedFile(f"{next(supply, 'x')}.cfg", next(supply, "x").encode())
            assert admin_client.post(page, typed | {"attachment": dump}).status_code == 302
    left = list(supply)
    page = reverse("admin:customers_customer_consent", args=[customer.pk, "technical"])
    said = {"given_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "channel": "letter", "form": "written"}
    scan = SimpleUploadedFile("kanarienvogel-scan.eml", files.mail("\n".join(left or CANARIES[:100])))
    assert admin_client.post(page, said | {"decision": "given", "evidence": scan}).status_code == 302
    file_billing_document(
        customer=customer,
        kind="invoice",
        number="R-1",
        issued_on=date(2026, 1, 1),
        amount=Decimal(1),
        currency="EUR",
        file=ClearFile("kanarienvogel.pdf", "application/pdf", b"%PDF-1.7 " + "\n".join(CANARIES).encode()),
    )
    return customer


def test_no_canary_is_on_the_disk_in_the_database_or_in_a_mail(nest: Customer, tmp_path: Path) -> None:
    assert TechnicalRecord.objects.count() == 100
    assert canaries_in(database_bytes()) == []
    folders = (tmp_path, Path(django_settings.DATA_DIR))
    assert [path for path, content in on_disk(*folders) if b"kanarienvogel" in content] == []
    assert "kanarienvogel" not in "".join(message.message().as_string() for message in mail.outbox)


def admin_pages(customer: Customer) -> Iterator[str]:
    """Every page of the customers' room, whoever adds one later."""
    attachment = Attachment.objects.all()[0]
    keys = {
        "customer": customer.pk,
        "record": attachment.record_id,
        "attachment": attachment.pk,
        "evidence": Evidence.objects.values_list("pk", flat=True)[0],
        "document": BillingDocument.objects.values_list("pk", flat=True)[0],
        "object_id": customer.pk,
        "purpose": "technical",
        "kind": "network",
        "entry": customer.entries.values_list("pk", flat=True)[0],
    }
    _namespaces, resolver = get_resolver().namespace_dict["admin"]
    for name, entries in resolver.reverse_dict.lists():
        if isinstance(name, str) and name.startswith("customers_"):
            _route, needed = entries[0][0][0]
            yield reverse(f"admin:{name}", kwargs={key: keys[key] for key in needed})


def test_canaries_show_with_the_vault_open_only(nest: Customer, admin_client: Client, vault_key: bytes) -> None:
    pages = list(admin_pages(nest))
    assert len(pages) > 20
    for page in pages:
        response = admin_client.get(page)
        is_of_another_model = not page.startswith("/admin/customers/customer/")
        is_of_the_silent = page.endswith(("/keep/", "/let-go/"))  # of whom this customer is none
        assert (response.status_code == 409) == is_of_the_silent, page
        is_refused = is_of_the_silent or (response.status_code == 404 and is_of_another_model)
        assert response.status_code in (200, 302, 403) or is_refused, page
        assert b"kanarienvogel" not in response.content, page
        assert "no-store" in response.headers["Cache-Control"], page
    operator = Operator.objects.get()
    token = sessions.start(operator=operator, private=vault_key, now=timezone.now())
    admin_client.cookies[django_settings.VAULT_COOKIE_NAME] = token
    response = admin_client.get(reverse("admin:customers_customer_page", args=[nest.pk]))
    assert len(canaries_in(response.content)) > 500
    assert "no-store" in response.headers["Cache-Control"]
