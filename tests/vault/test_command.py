"""`manage.py vault`: the same steps from the server's own terminal, secrets from standard input."""

import io

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault import maintenance, services
from sitebackend.vault.models import Vault
from tests.vault.conftest import PASSPHRASE

pytestmark = pytest.mark.django_db

NEW = "sechs andere wörter an einer wand"


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs the command with lines on its standard input; gives what it printed."""

    def run(*arguments: str, typed: tuple[str, ...] = ()) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        output = io.StringIO()
        call_command("vault", *arguments, stdout=output)
        return output.getvalue()

    return run


def test_status_without_a_vault_says_so(vault: object) -> None:
    with pytest.raises(CommandError, match="Tresor"):
        vault("status")


def test_status_shows_the_line_for_the_settings_and_what_is_missing(
    vault: object, recovery_key: str, settings: Settings
) -> None:
    with pytest.raises(CommandError, match="Wiederherstellungsschlüssel"):
        vault("status")
    maintenance.confirm_recovery_key(operator=None, typed=recovery_key)
    settings.VAULT_FINGERPRINT = sealing.fingerprint(services.public_key())
    shown = vault("status")
    assert settings.VAULT_FINGERPRINT in shown
    assert recovery_key not in shown


def test_the_passphrase_is_changed(vault: object, recovery_key: str, operator: Operator) -> None:
    vault("change_passphrase", typed=(PASSPHRASE, NEW))
    assert services.unlock(operator=operator, passphrase=NEW)


def test_a_wrong_passphrase_is_one_clear_line(vault: object, recovery_key: str) -> None:
    with pytest.raises(CommandError, match="öffnet den Tresor nicht"):
        vault("change_passphrase", typed=("wrong", NEW))


def test_the_recovery_key_sets_a_new_passphrase(vault: object, recovery_key: str, operator: Operator) -> None:
    vault("recover", typed=(recovery_key, NEW))
    assert services.unlock(operator=operator, passphrase=NEW)


def test_a_typo_in_the_recovery_key_is_named(vault: object, recovery_key: str) -> None:
    wrong = ("0" if recovery_key[0] != "0" else "1") + recovery_key[1:]
    with pytest.raises(CommandError, match="Gruppe 1, Zeichen 1"):
        vault("recover", typed=(wrong, NEW))


def test_rotation_is_a_preview_without_yes(vault: object, recovery_key: str) -> None:
    before = bytes(Vault.objects.get().public_key)
    assert "0" in vault("rotate")
    assert bytes(Vault.objects.get().public_key) == before


def test_rotation_with_yes_shows_the_new_recovery_key_and_the_new_line(vault: object, recovery_key: str) -> None:
    shown = vault("rotate", "--yes", typed=(PASSPHRASE,))
    assert f"VAULT_FINGERPRINT={sealing.fingerprint(services.public_key())}" in shown
    printed = next(word for word in shown.split() if len(word) == len(recovery_key) and word.count("-") == 11)
    maintenance.recover(operator=None, typed=printed, new=NEW)
