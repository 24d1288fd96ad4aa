"""Technical data have one way out: the customer's own access answer. Every page, command, feed and mail is tried.

The lists of pages and commands are made from the code, not written down: whoever adds one is tried here as well,
and whoever opens technical data in a new place must put that place on the list below, with its reason.
"""

import ast
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.management import CommandError, call_command, get_commands
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django import Settings

from customers.clear_file import ClearFile
from customers.models import Customer, TechnicalRecord
from customers.services.billing import file_billing_document
from customers.services.confirmations import send_confirmation
from customers.services.consents import keep_evidence
from customers.services.technical import attach, revise_technical_record
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.vault import sessions
from sitebackend.vault.models import KeySlot, Vault

pytestmark = pytest.mark.django_db
ROOT = Path(django_settings.BASE_DIR)
CANARY = "Eichhörnchenbau-4711"

#: Whoever opens what is sealed to a customer, and why that is no way out.
OPENERS = {
    "customers/services/technical.py": "the verbs themselves",
    "customers/services/billing.py": "the archive's key, for billing documents",
    "customers/views/technical.py": "the operator's screen, vault open, no-store",
    "customers/views/consents.py": "the signed paper on the operator's screen",
    "customers/views/billing.py": "the document on the operator's screen",
    "customers/personal_data/customer.py": "the customer's own access answer",
    "customers/personal_data/billing.py": "the recipient's own access answer",
}
OPENING = {
    "read_technical_record", "search_technical_records", "read_attachment", "read_evidence", "read_billing_file",
    "read_recipient", "opened_holder", "Holder",
}  # fmt: skip
#: Pages on which the operator sees technical data while the vault is open; all others show none even then.
SHOWN_WITH_THE_VAULT_OPEN = {
    "admin:customers_customer_page",
    "admin:customers_customer_emergency",
    "admin:customers_customer_record",
    "admin:customers_customer_attachment",
    "admin:customers_customer_evidence",
}
#: Commands with what they are called with; others must refuse to run without arguments.
SUBJECT = ("find", "plan", "export", "export --json")
ARGUMENTS: dict[str, list[list[str]]] = {
    "status": [[], ["--json"]],
    "vault": [["status"]],
    "operator_key": [["show"], ["export"]],
    "subject": [[*verb.split(), "--email", "moeller@baeckerei.example.de"] for verb in SUBJECT],
    "retention": [["plan"], ["run"]],
    "backup": [["list"], ["public_key"], ["prune"]],
    "worker": [["--once"]],
    "demo_data": [["--customers", "0"]],
}  # fmt: skip


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in ("sitebackend", "contact", "consent", "customers"):
        for path in sorted((ROOT / app).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def names_in(tree: ast.Module) -> set[str]:
    """Every name that a module calls, reads or imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
    return found


def test_only_these_modules_open_what_is_sealed_to_a_customer() -> None:
    opening = {path for path, tree in modules() if OPENING & names_in(tree)} - {"sitebackend/vault/opened.py"}
    assert opening == set(OPENERS)


@pytest.fixture
def planted(granting_customer: Customer, record: TechnicalRecord, settings: Settings) -> dict[str, Any]:
    """A customer with the canary in record, attachment, evidence and document; the keys that addresses are made of."""
    for kind in KeySlot.Kind:
        KeySlot.objects.create(vault=Vault.objects.get(), kind=kind, salt=b"", sealed_key=b"", made_at=timezone.now())
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="SN")
    record = revise_technical_record(record=record, content={"name": CANARY, "ssid": CANARY, "details": CANARY})
    file = ClearFile(f"{CANARY}.pdf", "application/pdf", b"%PDF-1.7 " + CANARY.encode())
    attachment = attach(record=record, file=file)
    document = file_billing_document(
        customer=granting_customer,
        kind="invoice",
        number="R-1",
        issued_on=date(2026, 2, 1),
        amount=Decimal(1),
        currency="EUR",
        file=file,
    )
    return {
        "customer": granting_customer.pk,
        "record": record.pk,
        "attachment": attachment.pk,
        "evidence": keep_evidence(customer=granting_customer, file=file).pk,
        "document": document.pk,
        "object_id": granting_customer.pk,
        "kind": "network",
        "purpose": "technical",
    }


def patterns(resolver: URLResolver, route: str = "", space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Every address of the site: (name with its namespace, route, pattern)."""
    for pattern in resolver.url_patterns:
        joined = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, joined, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name or ''}", joined, pattern


def addresses(keys: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each with the customer's keys, or with a value of the right type; catch-all expressions with a plain word."""
    for name, route, pattern in patterns(get_resolver()):
        path, converters = route, getattr(pattern.pattern, "converters", {})
        for part, converter in _converters(route, converters).items():
            value = keys.get(part, _any_of(converter))
            path = path.replace(f"<{converter}:{part}>", str(value)).replace(f"<{part}>", str(value))
        yield name, "/" + path.replace("^", "").replace("$", "").replace("\\Z", "").lstrip("/")


def _converters(route: str, _known: object) -> dict[str, str]:
    inside = [part.split(">")[0] for part in route.split("<")[1:]]
    return {part.rpartition(":")[2]: part.rpartition(":")[0] for part in inside}


def _any_of(converter: str) -> object:
    return {"uuid": uuid4(), "int": 1}.get(converter, "wort")


def unlock(client: Client, vault_key: bytes) -> None:
    token = sessions.start(operator=Operator.objects.get(), private=vault_key, now=timezone.now())
    client.cookies[django_settings.VAULT_COOKIE_NAME] = token


def showing(client: Client, keys: dict[str, Any]) -> set[str]:
    """The names of the addresses whose answer holds the canary; a page that fails answers too."""
    client.raise_request_exception = False
    found = set()
    for name, path in addresses(keys):
        if name not in LEAVING:
            response = client.get(path)
            content = response.getvalue() if response.streaming else response.content
            if CANARY.encode() in content + str(response.headers).encode():
                found.add(response.resolver_match.view_name)
    return found


LEAVING = {"admin:logout", "admin:vault_lock"}  # afterwards the vault would be shut


def test_no_address_shows_any_of_it_while_the_vault_is_locked(
    planted: dict[str, Any], admin_client: Client, client: Client
) -> None:
    every = dict(addresses(planted))
    assert len(every) > 100
    assert every.keys() >= SHOWN_WITH_THE_VAULT_OPEN
    assert showing(admin_client, planted) == set()
    assert showing(client, planted) == set()


def test_with_the_vault_open_only_the_records_own_pages_show_them(
    planted: dict[str, Any], admin_client: Client, vault_key: bytes
) -> None:
    unlock(admin_client, vault_key)
    assert showing(admin_client, planted) - {"admin:customers_customer_document"} == SHOWN_WITH_THE_VAULT_OPEN


def test_what_shows_technical_data_is_never_kept_by_the_browser(
    planted: dict[str, Any], admin_client: Client, vault_key: bytes
) -> None:
    unlock(admin_client, vault_key)
    for name, path in addresses(planted):
        if name in SHOWN_WITH_THE_VAULT_OPEN:
            assert "no-store" in admin_client.get(path).headers["Cache-Control"], name


def own_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in ("sitebackend", "contact", "customers"))


@pytest.mark.parametrize("command", own_commands())
def test_no_command_prints_or_mails_any_of_it(
    planted: dict[str, Any], command: str, operator_key: Path, capfd: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.HTTPS = False
    for arguments in ARGUMENTS.get(command, [[]] if command not in NEVER_CALLED else []):
        out = StringIO()
        try:
            call_command(command, *arguments, stdout=out, stderr=out)
        except (CommandError, SystemExit) as ended:
            out.write(str(ended))
        told = out.getvalue() + "".join(capfd.readouterr())
        assert CANARY not in told
        assert json.dumps(CANARY) not in told
    assert CANARY not in "".join(message.message().as_string() for message in mail.outbox)


#: They would serve or set up a site of their own here; the journeys run them, with canaries, in processes.
NEVER_CALLED = {"serve", "quickstart"}


def test_the_mail_to_the_customer_holds_none_of_it(planted: dict[str, Any]) -> None:
    send_confirmation(customer=Customer.objects.get(), now=timezone.now())
    assert deliver_due(timezone.now()) == 1
    (message,) = mail.outbox
    assert CANARY not in message.message().as_string()
    assert "=C3=B6rnchenbau" not in message.message().as_string()


def test_no_mail_is_made_by_whoever_opens_technical_data() -> None:
    """The structure behind it: a module that opens them sends nothing, a module that sends opens nothing."""
    sending = {
        path for path, tree in modules() if {"EmailMessage", "render"} <= names_in(tree) or path.endswith("/mail.py")
    }
    assert len(sending) > 4
    assert not sending & set(OPENERS)


def test_a_record_that_does_not_open_says_nothing_of_itself_in_the_log(
    planted: dict[str, Any], admin_client: Client, vault_key: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    unlock(admin_client, vault_key)
    TechnicalRecord.objects.update(revision=9)  # as somebody does who goes around this program
    admin_client.raise_request_exception = False
    answers = {name: admin_client.get(path) for name, path in addresses(planted) if name in SHOWN_WITH_THE_VAULT_OPEN}
    assert answers["admin:customers_customer_record"].status_code == 409
    assert caplog.records
    assert CANARY not in caplog.text
