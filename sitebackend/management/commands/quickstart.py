"""`quickstart`: from nothing to a running site for trying out, in one command that asks nothing."""

import json
import sqlite3
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from sitebackend import environment, node
from sitebackend.crypto import openpgp
from sitebackend.instance import Address
from sitebackend.management import first_run
from sitebackend.management.preflight import held, prepare
from sitebackend.management.serving import Plan, serve

LEAST_SQLITE = (3, 35)


class Command(BaseCommand):
    help = "Set up a site for trying out, without questions, and serve it. Run again, it changes nothing and serves."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", type=Address.parse, metavar="HOST:PORT", help="default: as in SITE_URL")
        parser.add_argument("--no-serve", action="store_true", help="only set up")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unfit_machine()
        address = options["bind"] or own_address()
        with held(None if options["no_serve"] else address):
            require_home()
            kept = first_run.secrets_of_this_run()
            self.set_up(kept)
            told = what_to_tell(address, kept)
            self.stdout.write(json.dumps(told) if options["json"] else as_text(told))
            self.stdout.flush()
            kept.forget()
            if not options["no_serve"]:
                self.serve(Plan(address=address))

    def set_up(self, kept: first_run.Secrets) -> None:
        try:
            first_run.set_up(kept, lambda step: self.stderr.write(f"· {step}"))
        except (openpgp.OpenPGPError, DatabaseError, OSError) as error:
            raise CommandError(_("The set-up stopped: {reason}").format(reason=error)) from error

    def serve(self, plan: Plan) -> None:
        for warning in prepare(plan):
            self.stderr.write(warning, self.style.WARNING)
        serve(plan, on_start=lambda: self.stderr.write(_("The site runs. Stop it with Ctrl+C."), self.style.SUCCESS))


def refuse_unfit_machine() -> None:
    if not openpgp.is_available():
        raise CommandError(_("The program gpg is missing. Install GnuPG 2.2 or newer: apt install gnupg"))
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        version = sqlite3.sqlite_version
        raise CommandError(_("SQLite {version} is too old; 3.35 or newer is needed.").format(version=version))


def require_home() -> None:
    try:
        node.require()
    except DatabaseError as error:
        raise CommandError(_("The set-up stopped: {reason}").format(reason=error)) from error


def own_address() -> Address:
    """Where a site for trying out listens: where SITE_URL says; behind a web server, on the usual port."""
    parts = urlsplit(settings.SITE_URL)
    if settings.HTTPS or not parts.hostname:
        return Address("127.0.0.1", 8000)
    return Address(parts.hostname, parts.port or 80)


def what_to_tell(address: Address, kept: first_run.Secrets) -> dict[str, str]:
    """What `--json` prints; secrets are there only if this run (or one that was cut short) made them."""
    return {
        "url": settings.SITE_URL if settings.HTTPS else f"http://{address}",
        "admin_username": first_run.ADMIN,
        "operator_key_fingerprint": first_run.operator_key_fingerprint(),
        **kept.made,
    }


def as_text(told: dict[str, str]) -> str:
    labels = {
        "admin_password": _("Password"),
        "vault_passphrase": _("Vault: passphrase"),
        "recovery_key": _("Vault: recovery key"),
        "operator_key_passphrase": _("Operator key: passphrase"),
    }
    lines = [
        (_("Website"), f"{told['url']}/"),
        (_("Admin"), f"{told['url']}/admin/"),
        (_("User name"), told["admin_username"]),
        *((label, told[name]) for name, label in labels.items() if name in told),
        (_("Operator key"), told["operator_key_fingerprint"]),
        (_("Data"), str(settings.DATA_DIR)),
        (_("Settings"), str(environment.path())),
    ]
    width = max(len(label) for label, _value in lines)
    page = [f"  {label:{width}}  {value}" for label, value in lines]
    return "\n".join([_("Everything is ready to try out."), "", *page, "", *_advice(told)])


def _advice(told: dict[str, str]) -> list[str]:
    lines = []
    if any(name.endswith(("password", "passphrase")) for name in told):
        lines.append(_("The passwords are shown only now. Please write them down."))
    if not settings.SENDS_MAIL:
        lines.append(_("Mail is not sent, it lies in {folder}.").format(folder=settings.DATA_DIR / "mail"))
    lines.append(_("Keys and passwords are for trying out. For real use see “Real use” in README.md."))
    return lines
