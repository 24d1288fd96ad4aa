"""`vault status|change_passphrase|rotate|recover`: looking after the vault on the server itself.

Secrets are asked for on the terminal, or read from standard input, one a line, in the order of the questions.
They are never arguments: those stand in the process list and in the shell's history.
"""

import getpass
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend.crypto import sealing
from sitebackend.findings import Finding, Level, collect
from sitebackend.vault import holdings, maintenance
from sitebackend.vault.errors import NoVault, VaultError
from sitebackend.vault.models import KeySlot, Lock, UnlockSession, Vault


class Command(BaseCommand):
    help = "Show how the vault stands, or change how it opens."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("status", help="keys, slots, who has it open; exit code 1 if anything needs you")
        actions.add_parser("change_passphrase", help="asks for the present passphrase and twice for the new one")
        actions.add_parser("recover", help="asks for the recovery key and twice for a new passphrase")
        rotate = actions.add_parser("rotate", help="seal everything to a new key")
        rotate.add_argument("--yes", action="store_true", help="do it; without, only say what would be done")

    def handle(self, *, action: str, **options: Any) -> None:
        verbs: dict[str, Callable[[], None]] = {
            "status": self.status,
            "change_passphrase": self.change_passphrase,
            "recover": self.recover,
            "rotate": self.rotate if options.get("yes") else self.preview_rotation,
        }
        try:
            verbs[action]()
        except (VaultError, sealing.SealingError) as error:
            raise CommandError(str(error)) from error

    def status(self) -> None:
        vault = Vault.objects.of(Lock.VAULT).first()
        if vault is None:
            raise NoVault
        for label, value in (*_facts(vault), *_facts_of_messages()):
            self.stdout.write(f"{label + ':':24}{value}")
        if problems := [finding for finding in collect(timezone.now()) if _wants_attention(finding)]:
            raise CommandError(" ".join(f"{finding.text} {finding.next_step}" for finding in problems))

    def change_passphrase(self) -> None:
        present = ask(_("Present passphrase"))
        maintenance.change_passphrase(operator=None, passphrase=present, new=ask_twice(_("New passphrase")))
        self.stdout.write(_("The passphrase was changed. The vault is locked."))

    def recover(self) -> None:
        typed = ask(_("Recovery key"))
        maintenance.recover(operator=None, typed=typed, new=ask_twice(_("New passphrase")))
        self.stdout.write(_("The new passphrase opens the vault from now on."))

    def preview_rotation(self) -> None:
        for holding in holdings.of_vault():
            self.stdout.write(f"{holding.model._meta.verbose_name_plural}: {holding.count()}")
        self.stdout.write(_("This is what would be sealed to a new key. Do it with --yes; make a backup before."))

    def rotate(self) -> None:
        printed = maintenance.rotate(operator=None, passphrase=ask(_("Vault passphrase")))
        self.stdout.write(_("New recovery key: {key}").format(key=printed))
        self.stdout.write(_("Print it, and type it back in the cockpit. The old one no longer opens anything."))
        if settings.VAULT_FINGERPRINT:
            self.stdout.write(_("Change this line in the settings, then start the site anew:"))
        self.stdout.write(
            f"VAULT_FINGERPRINT={sealing.fingerprint(bytes(Vault.objects.of(Lock.VAULT).get().public_key))}"
        )


def ask(question: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{question}: ")
    return sys.stdin.readline().rstrip("\r\n")


def ask_twice(question: str) -> str:
    """On a terminal twice, for nothing is shown; from a pipe once. Raises CommandError if they differ."""
    answer = ask(question)
    if sys.stdin.isatty() and ask(_("Once more")) != answer:
        raise CommandError(_("These were two different answers. Nothing was changed."))
    return answer


def _facts(vault: Vault) -> list[tuple[str, str]]:
    fingerprint = sealing.fingerprint(bytes(vault.public_key))
    confirmed = KeySlot.objects.confirmed_recovery().exists()
    slot = KeySlot.objects.of(Lock.VAULT).get(kind=KeySlot.Kind.PASSPHRASE)
    return [
        (_("Set up on"), _moment(vault.made_at)),
        (_("Key renewed on"), _moment(vault.rotated_at) if vault.rotated_at else "–"),
        (_("Passphrase since"), _moment(slot.made_at)),
        ("Argon2id", f"{slot.memory_kib // 1024} MiB, t={slot.iterations}, p={slot.lanes}"),
        (_("Recovery key"), _("typed back") if confirmed else _("not typed back yet")),
        (_("Open in"), str(UnlockSession.objects.count() - UnlockSession.objects.over(timezone.now()).count())),
        ("VAULT_FINGERPRINT", fingerprint),
    ]


def _facts_of_messages() -> list[tuple[str, str]]:
    """The lock for messages, if there is one."""
    return [
        fact
        for row in Vault.objects.of(Lock.MESSAGES)
        for fact in (
            (_("Lock for messages"), _moment(row.rotated_at or row.made_at)),
            ("VAULT_MESSAGES_FINGERPRINT", sealing.fingerprint(bytes(row.public_key))),
        )
    ]


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _wants_attention(finding: Finding) -> bool:
    return finding.code.startswith("vault.") and finding.level > Level.FINE
