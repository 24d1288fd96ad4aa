"""System checks: each is silent when all is well, and says what to do when it is not."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core import checks
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from pytest_django import Settings

from sitebackend.checks import SITE
from sitebackend.crypto import openpgp


def found(*, database: bool = False) -> dict[str, checks.CheckMessage]:
    databases = ["default"] if database else []  # since Django 6.1 None means all
    messages = checks.run_checks(tags=[SITE], include_deployment_checks=True, databases=databases)
    return {str(message.id): message for message in messages}


@pytest.fixture(autouse=True)
def _a_sound_site(settings: Settings, operator_key: Path) -> None:
    settings.DATA_DIR.chmod(0o700)
    settings.ADMIN_SECOND_FACTOR = "required"
    settings.SENDS_MAIL = True
    settings.OPERATOR_EMAIL = "chefin@example.org"
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1/32")]
    settings.BACKUP_TARGETS = [Path("/dev/shm")]


def test_a_sound_site_has_nothing_to_say() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("name", "value", "identity"),
    [
        ("BILLING_RETENTION_YEARS", 7, "sitebackend.E001"),
        ("COOKIE_CONSENT_MAX_AGE", 86401, "sitebackend.E002"),
        ("OPERATOR_KEY_FILE", [Path("/nowhere.asc")], "sitebackend.W001"),
        ("SENDS_MAIL", False, "sitebackend.W003"),
        ("OPERATOR_EMAIL", "operator@example.de", "sitebackend.W004"),
        ("BACKUP_TARGETS", [], "sitebackend.W005"),
        ("TRUSTED_PROXIES", [], "sitebackend.W007"),
        ("ADMIN_SECOND_FACTOR", "optional", "sitebackend.W008"),
        ("SETTINGS_UNKNOWN", ["WHATEVER"], "sitebackend.W010"),
    ],
)
def test_what_is_wrong_is_found_with_a_hint(settings: Settings, name: str, value: object, identity: str) -> None:
    setattr(settings, name, value)
    assert found().keys() == {identity}
    assert found()[identity].hint


@pytest.mark.parametrize(
    ("name", "value"),
    [("BILLING_RETENTION_YEARS", 8), ("COOKIE_CONSENT_MAX_AGE", 86400), ("COOKIE_CONSENT_MAX_AGE", 60)],
)
def test_what_the_law_just_allows_is_fine(settings: Settings, name: str, value: object) -> None:
    setattr(settings, name, value)
    assert found() == {}


def test_errors_are_errors_and_the_rest_is_not(settings: Settings) -> None:
    settings.BILLING_RETENTION_YEARS = 1
    settings.BACKUP_TARGETS = []
    assert found()["sitebackend.E001"].is_serious()
    assert not found()["sitebackend.W005"].is_serious()


def test_a_site_for_trying_out_may_send_no_mail_and_have_no_proxy(settings: Settings) -> None:
    settings.HTTPS = False
    settings.SENDS_MAIL = False
    settings.TRUSTED_PROXIES = []
    settings.BACKUP_TARGETS = []
    settings.ADMIN_SECOND_FACTOR = "optional"
    settings.OPERATOR_EMAIL = "operator@example.de"
    assert found() == {}


def test_the_key_for_trying_out_is_not_for_real_use(settings: Settings, tmp_path: Path) -> None:
    public, _secret = openpgp.generate("Probeschlüssel <operator@example.de>", passphrase="x")
    settings.OPERATOR_KEY_FILE[0].write_bytes(public)
    assert found().keys() == {"sitebackend.W002"}


def test_a_backup_beside_the_data_is_none(settings: Settings) -> None:
    settings.BACKUP_TARGETS = [settings.DATA_DIR / "backups"]
    assert found().keys() == {"sitebackend.W006"}


def test_others_must_not_look_into_the_data(settings: Settings) -> None:
    settings.DATA_DIR.chmod(0o755)
    assert found().keys() == {"sitebackend.W009"}


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only on SQLite")
def test_a_pragma_that_did_not_take_is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
        try:
            messages = checks.run_checks(tags=[SITE], databases=["default"])
        finally:
            cursor.execute("PRAGMA secure_delete=ON")
    assert [message for message in messages if "secure_delete = 0" in message.msg]


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only on SQLite")
def test_the_sites_own_database_has_its_pragmas(tmp_path: Path) -> None:
    """The test database lies in memory and can have no WAL; a file of its own shows what the settings ask for."""
    wrapper = DatabaseWrapper({**connection.settings_dict, "NAME": str(tmp_path / "site.sqlite3")}, "other")
    with wrapper.cursor() as cursor:
        values = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    wrapper.close()
    assert values == {"journal_mode": "wal", "synchronous": 2}
