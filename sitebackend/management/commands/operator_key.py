"""`manage.py operator_key show|import FILE|export`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sitebackend import audit, operator_key
from sitebackend.crypto.certificate import Certificate
from sitebackend.models import Act, Actor


class Command(BaseCommand):
    help = "The public OpenPGP certificate that submissions are encrypted to: look at it, replace it, give it away."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("show", help="fingerprint, owner, end")
        verbs.add_parser("export", help="the public certificates, to standard output")
        importing = verbs.add_parser("import", help="put this public certificate into place")
        importing.add_argument("file", type=Path)

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            {"show": self._show, "export": self._export, "import": self._import}[verb](**options)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except operator_key.OperatorKeyUnusable as error:
            raise CommandError(str(error)) from error

    def _show(self, **options: Any) -> None:
        for file in operator_key.key_files():
            if file.certificate:
                self.stdout.write(described(file.certificate))
        _tell_problems()

    def _export(self, **options: Any) -> None:
        self.stdout.flush()
        sys.stdout.buffer.write(operator_key.export_armoured())
        _tell_problems()

    def _import(self, *, file: Path, **options: Any) -> None:
        certificate = operator_key.put_into_place(file.read_bytes())
        audit.note(Act.KEY_REPLACED, actor=Actor.SHELL, key=certificate.fingerprint)
        self.stdout.write(described(certificate))
        self.stdout.write(_("This key is in use from now on; the one before lies beside it."))


def _tell_problems() -> None:
    if reasons := operator_key.problems():
        raise CommandError(" ".join(reasons))


def described(certificate: Certificate) -> str:
    end = certificate.expires.date().isoformat() if certificate.expires else _("never")
    lines = [certificate.fingerprint, *certificate.user_ids, _("ends: {end}").format(end=end)]
    return "\n".join(lines)
