"""While messages cannot be taken the form says so at once, and only then."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from pytest_django import Settings

from sitebackend import findings
from sitebackend.crypto import openpgp
from sitebackend.models import SiteSettings
from tests.contact.conftest import FIELDS, nonce_in
from tests.test_openpgp import expired_public_key

CLOSED = "Dieses Formular kann gerade keine Nachrichten annehmen"


@pytest.fixture(autouse=True)
def _business(db: None) -> None:
    SiteSettings.objects.update_or_create(
        id=1, defaults={"business_name": "Netz & Co", "email": "post@example.de", "phone": "0711 99 88 77"}
    )


def expect_closed(client: Client) -> None:
    page = client.get("/kontakt/").content.decode()
    notice = page[page.index(CLOSED) - 200 :].partition("</div>")[0]
    assert "mailto:post@example.de" in notice
    assert "tel:0711998877" in notice
    assert client.post("/kontakt/", FIELDS | {"nonce": nonce_in(page)}).status_code == 503


def test_while_it_can_take_messages_it_says_nothing_of_the_kind(client: Client, operator_key: Path) -> None:
    assert CLOSED not in client.get("/kontakt/").content.decode()
    assert not [finding.code for finding in findings.collect(datetime.now(UTC)) if finding.stops_intake]


def test_without_a_key(client: Client, operator_key: Path) -> None:
    operator_key.unlink()
    expect_closed(client)


def test_with_an_expired_key_until_another_is_there(client: Client, operator_key: Path) -> None:
    usable = operator_key.read_bytes()
    operator_key.write_bytes(expired_public_key())
    expect_closed(client)
    operator_key.write_bytes(usable)
    assert CLOSED not in client.get("/kontakt/").content.decode()


def test_without_the_servers_key(client: Client, operator_key: Path, settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "empty"
    settings.DATA_DIR.mkdir()
    expect_closed(client)


def test_without_gpg(client: Client, operator_key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/kontakt/")  # the certificate is read with the real one
    monkeypatch.setitem(openpgp._ENVIRONMENT, "PATH", str(tmp_path))
    expect_closed(client)


def test_where_the_queue_of_writers_cannot_be_entered(
    client: Client, operator_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sitebackend.health._out_of_reach", lambda needed: Path(site.DATA_DIR) / "write.lock")
    page = client.get("/kontakt/").content.decode()
    assert CLOSED in page


def test_a_form_that_is_closed_is_kept_by_no_cache(client: Client, operator_key: Path) -> None:
    """Its own page is made anew each time; a browser asks before it shows it again."""
    assert "no-cache" in client.get("/kontakt/")["Cache-Control"]


@pytest.mark.parametrize(("fault", "status"), [("key", 303), ("server key", 503)])
def test_the_request_form_is_never_an_error_of_the_server(
    client: Client, operator_key: Path, settings: Settings, tmp_path: Path, time_machine: Any, fault: str, status: int
) -> None:
    """It needs the server's key alone. Who sends it within seconds is taken for a machine."""
    nonce = nonce_in(client.get("/datenschutz/anfrage/").content.decode())
    time_machine.move_to(datetime.now(UTC) + timedelta(minutes=1), tick=False)
    operator_key.unlink()
    if fault == "server key":
        settings.DATA_DIR = tmp_path / "empty"
        settings.DATA_DIR.mkdir()
    form = {"kind": "access", "name": "Anna Muster", "email": "anna@example.org", "nonce": nonce}
    answer = client.post("/datenschutz/anfrage/", form)
    assert answer.status_code == status
    if status == 503:
        assert 'value="Anna Muster"' in answer.content.decode()
        assert "mailto:post@example.de" in answer.content.decode()
