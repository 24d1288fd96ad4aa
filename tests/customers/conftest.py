"""A vault without its slow passphrase, an operator, and customers who agreed to this and that."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from customers.clear_file import ClearFile
from customers.models import Customer, TechnicalRecord
from customers.models.consent import Decision, Form, LegalBasis, Purpose
from customers.services.consents import Statement, record_consent
from customers.services.register import register_customer
from customers.services.technical import add_technical_record
from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import sessions
from sitebackend.vault.models import Vault
from sitebackend.vault.opened import OpenVault
from tests.formats import files

YESTERDAY = timezone.now() - timedelta(days=1)
SIGNED_PAPER = ClearFile("einwilligung.pdf", "application/pdf", files.pdf(words="signed by hand"))
MASTER_DATA = {
    "salutation": "ms",
    "first_name": "Änne",
    "last_name": "Möller-Groß",
    "company": "Bäckerei Möller & Söhne",
    "street": "Königsallee 7 b",
    "postal_code": "04109",
    "city": "Leipzig",
    "phone": "+49 (0)341 / 90 12-34",
    "email": "Moeller@Baeckerei.example.de",
}


def statements(**decisions: str) -> list[Statement]:
    """Contract as such, invoicing by consent, retention refused, unless said otherwise."""
    wanted = {"contract": "given", "invoicing": "given", "retention": "refused"} | decisions
    bases = {Purpose.CONTRACT: LegalBasis.CONTRACT}
    return [
        Statement(
            purpose=purpose, decision=decision, legal_basis=bases.get(purpose, LegalBasis.CONSENT), given_at=YESTERDAY
        )
        for purpose, decision in wanted.items()
        if decision
    ]


def agree_to_technical_data(customer: Customer, given_at: datetime = YESTERDAY) -> None:
    said = Statement(purpose=Purpose.TECHNICAL, decision=Decision.GIVEN, form=Form.WRITTEN, given_at=given_at)
    record_consent(customer=customer, statement=said, evidence=SIGNED_PAPER, recorded_by=None)


@pytest.fixture
def vault_key(db: None) -> bytes:
    """The private key of a vault that is set up."""
    public, private = sealing.new_key_pair()
    Vault.objects.create(public_key=public, made_at=timezone.now())
    return private


@pytest.fixture
def open_vault(vault_key: bytes) -> OpenVault:
    return OpenVault(vault_key, locks_at=datetime(2099, 1, 1, tzinfo=UTC))


@pytest.fixture
def new_customer(vault_key: bytes) -> Callable[..., Customer]:
    def make(decisions: dict[str, str] | None = None, **master_data: Any) -> Customer:
        data = MASTER_DATA | master_data
        return register_customer(master_data=data, statements=statements(**decisions or {}), recorded_by=None)

    return make


@pytest.fixture
def customer(new_customer: Callable[..., Customer]) -> Customer:
    return new_customer()


@pytest.fixture
def granting_customer(customer: Customer) -> Customer:
    """A customer whose written consent to technical data is in force."""
    agree_to_technical_data(customer)
    return customer


@pytest.fixture
def record(granting_customer: Customer) -> TechnicalRecord:
    content = {"name": "Büro-WLAN", "ssid": "Backstube", "passphrase": "heiße Brötchen 5€"}
    return add_technical_record(customer=granting_customer, kind="network", content=content)


@pytest.fixture
def operator(db: None) -> Operator:
    return Operator.objects.create_superuser("chefin", "chefin@example.de", "a long enough password")


@pytest.fixture
def admin_client(operator: Operator) -> Client:
    """The operator, logged in; the vault is locked."""
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def unlocked_client(admin_client: Client, operator: Operator, vault_key: bytes) -> Client:
    """The operator, logged in, with the vault open."""
    token = sessions.start(operator=operator, private=vault_key, now=timezone.now())
    admin_client.cookies[settings.VAULT_COOKIE_NAME] = token
    return admin_client
