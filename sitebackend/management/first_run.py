"""What `quickstart` makes: everything that a site for trying out needs, each part only if it is missing.

What must never happen: a secret is lost because the process was killed between making and printing it, or
stays on the disk after it was printed. So each secret is written to a file (mode 0600) before it is used;
a second run finds it there and goes on with it; the file goes when everything has been printed.
"""

import json
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils.translation import gettext as _

from consent import providers
from sitebackend import environment, node, operator_key, whole_file
from sitebackend.backup import signing
from sitebackend.checks import TRIAL_KEY
from sitebackend.crypto import openpgp, sealing, server_key
from sitebackend.models import Operator
from sitebackend.pages.services import create_starter_pages
from sitebackend.vault import services as vault
from sitebackend.vault.models import Lock, Vault

ADMIN = "admin"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else

Say = Callable[[str], None]


class Secrets:
    """The secrets of a first run, by name, until they have been printed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}

    def new(self, name: str) -> str:
        """A secret for people to copy: five groups of four signs, 99 bits. One that waits already is kept."""
        if name not in self.made:
            groups = ("".join(secrets.choice(_ALPHABET) for _sign in range(4)) for _group in range(5))
            self.keep(name, "-".join(groups))
        return self.made[name]

    def keep(self, name: str, value: str) -> None:
        self.made[name] = value
        _write(self.path, json.dumps(self.made).encode())

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def secrets_of_this_run() -> Secrets:
    return Secrets(_keys() / "first-run.json")


def set_up(kept: Secrets, say: Say) -> None:
    """Make what is missing. Raises OpenPGPError, OSError."""
    _keys().mkdir(mode=0o700, parents=True, exist_ok=True)
    steps: tuple[tuple[str, Callable[[Secrets], object]], ...] = (
        (_("server keys"), lambda _kept: _make_server_keys()),
        (_("database"), lambda _kept: _make_database()),
        (_("static files"), lambda _kept: _collect_static_files()),
        (_("operator key"), _make_operator_key),
        (_("admin login"), _make_admin),
        (_("vault"), _make_vault),
        (_("starter pages"), lambda _kept: _make_pages()),
    )
    for name, step in steps:
        say(name)
        step(kept)


def operator_key_fingerprint() -> str:
    """Of the first operator key; empty while there is none that can be read."""
    try:
        return operator_key.certificates()[0].fingerprint
    except operator_key.OperatorKeyUnusable:
        return ""


def _make_server_keys() -> None:
    server_key.ensure()
    signing.ensure()


def _make_database() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    node.claim()


def _collect_static_files() -> None:
    """Anew if the last time was cut short (the manifest comes last), for Django takes half a file for a whole one."""
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    call_command("collectstatic", verbosity=0, interactive=False)


def _make_operator_key(kept: Secrets) -> None:
    public_file = settings.OPERATOR_KEY_FILE[0]
    if secret_files := operator_key.secret_key_files():
        words = _("OPERATOR_KEY_FILE names a secret key: {path}.")
        raise openpgp.SecretKeyError(words.format(path=secret_files[0]))
    if public_file.exists():
        return
    public, secret = openpgp.generate(
        f"{TRIAL_KEY} <{settings.OPERATOR_EMAIL}>", passphrase=kept.new("operator_key_passphrase")
    )
    _write(_keys() / "operator-secret.asc", secret)
    _write(public_file, public)


def _make_admin(kept: Secrets) -> None:
    if not Operator.objects.filter(is_superuser=True).exists():
        Operator.objects.create_superuser(ADMIN, email=settings.OPERATOR_EMAIL, password=kept.new("admin_password"))


def _make_vault(kept: Secrets) -> None:
    if not Vault.objects.of(Lock.VAULT).exists():
        with transaction.atomic():  # the recovery key is safe before the vault exists
            kept.keep("recovery_key", vault.set_up(passphrase=kept.new("vault_passphrase")))
    fingerprint = sealing.fingerprint(bytes(Vault.objects.of(Lock.VAULT).get().public_key))
    if environment.remember("VAULT_FINGERPRINT", fingerprint):
        settings.VAULT_FINGERPRINT = fingerprint


def _make_pages() -> None:
    """With the provider of the map on the contact page; what the operator takes away later stays away."""
    with transaction.atomic():
        if create_starter_pages():
            providers.add(provider=providers.OPENSTREETMAP)


def _keys() -> Path:
    return Path(settings.DATA_DIR) / "keys"


def _write(path: Path, content: bytes) -> None:
    """The whole file or none of it, mode 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole_file.write(path, content)
