"""A sender at the form, and what was stored opened again with the operator's secret key."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contact import reading, services
from contact.message import fields_of
from contact.models import KeyTrial, Submission
from sitebackend import nonce as form_nonce
from sitebackend import operator_key as keys
from sitebackend.crypto import openpgp, sealing
from sitebackend.models import Operator
from sitebackend.vault import sessions
from sitebackend.vault.models import Vault
from tests.conftest import PASSPHRASE
from tests.contact.mailserver import Handler, free_port, point_to

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

FIELDS = {
    "name": "Jürgen Weiß-O'Brien",
    "street": "Königstraße 1 „Hinterhaus“",
    "postal_code": "70173",
    "city": "Stuttgart",
    "phone": "+49 (0)711 123456",
    "email": "juergen.weiss@example.org",
    "message": 'Grüße 🙂\r\n\r\nein "Zitat", <b>kein</b> {{ Befehl }} \'OR 1=1; --\r\n' + "ä" * 100,
}

Answer = Any  # a response of the test client, with its redirect chain


def nonce_in(page: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found, "the page has no form"
    return unescape(found[1])


def word_of(trial: KeyTrial, secret_key: bytes) -> str:
    """The word, as whoever has the secret key reads it."""
    opened = openpgp.decrypt(trial.message.encode(), secret_key=secret_key, passphrase=PASSPHRASE).decode()
    found = re.search(r"[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}", opened)
    assert found, opened
    return found[0]


@pytest.fixture
def send(client: Client, operator_key: object, db: None) -> Callable[..., Answer]:
    """Open the form, fill it in and send it, as a browser does; give the answer to the POST."""

    def send(path: str = "/kontakt/", headers: dict[str, str] | None = None, **changes: str) -> Answer:
        nonce = nonce_in(client.get(path).content.decode())
        return client.post(path, FIELDS | {"nonce": nonce, "extra": ""} | changes, headers=headers)

    return send


@pytest.fixture
def opened(key_pair: tuple[bytes, bytes]) -> Callable[[Submission], dict[str, str]]:
    """The fields of a stored submission, by the operator's secret key."""

    def opened(submission: Submission) -> dict[str, str]:
        sealed = submission.message.armoured.encode()
        return fields_of(openpgp.decrypt(sealed, secret_key=key_pair[1], passphrase=PASSPHRASE))

    return opened


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[Handler]:
    """A mail server that the site sends to; its handler says what came and can be told to refuse."""
    handler, port = Handler(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    point_to(settings, port)
    yield handler
    controller.stop()


@pytest.fixture
def received(operator_key: object, db: None) -> Callable[..., Submission]:
    """A submission as the form hands it over, without the form."""

    def received(*, now: datetime = NOON, nonce: str = "", honeypot: str = "", **changes: str) -> Submission:
        fields = FIELDS | changes
        nonce = nonce or form_nonce.issue()
        return services.receive(fields=fields, reply_to=fields["email"], nonce=nonce, honeypot=honeypot, now=now)

    return received


@pytest.fixture
def vault_key(db: None) -> bytes:
    public, private = sealing.new_key_pair()
    Vault.objects.create(public_key=public, made_at=timezone.now())
    return private


@pytest.fixture
def locked(db: None) -> Client:
    """The operator's browser, with nothing unlocked."""
    client = Client()
    client.force_login(Operator.objects.create_superuser("chefin"))
    return client


@pytest.fixture
def unlocked_cookie(locked: Client, vault_key: bytes) -> str:
    """What opens the vault for the browser `locked`."""
    return sessions.start(operator=Operator.objects.get(), private=vault_key, now=timezone.now())


@pytest.fixture
def unlocked(locked: Client, unlocked_cookie: str) -> Client:
    locked.cookies[django_settings.VAULT_COOKIE_NAME] = unlocked_cookie
    return locked


@pytest.fixture
def secret_key(operator_key: Path, key_pair: tuple[bytes, bytes]) -> Iterator[Path]:
    path = keys.secret_key_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(key_pair[1])
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def allowed(secret_key: Path, vault_key: bytes) -> None:
    """Messages are read here, while the vault is open."""
    reading.allow(passphrase=PASSPHRASE)
