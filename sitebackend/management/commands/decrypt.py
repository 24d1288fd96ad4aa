"""`manage.py decrypt REFERENCE`: the stored message to standard output, byte for byte."""

import getpass
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contact.models import Submission, tidy_reference
from sitebackend.crypto import openpgp


class Command(BaseCommand):
    help = (
        "Decrypt one submission, where the secret key is. The passphrase: OPERATOR_KEY_PASSPHRASE, or standard input."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="as on the thanks page, in any spelling: K7M-4QX-9PT or k7m4qx9pt")

    def handle(self, *, reference: str, **options: Any) -> None:
        submission = Submission.objects.filter(reference=tidy_reference(reference)).first()
        if submission is None:
            raise CommandError("There is no submission with this reference.")
        try:
            plaintext = openpgp.decrypt(
                submission.message.armoured.encode(), secret_key=_secret_key(), passphrase=_passphrase()
            )
        except (openpgp.OpenPGPError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.flush()
        sys.stdout.buffer.write(plaintext)
        sys.stdout.buffer.flush()


def _secret_key() -> bytes | None:
    """The key pair for trying out, if quickstart made one; None: the user's own GnuPG home has it."""
    path = Path(settings.DATA_DIR) / "keys" / "operator-secret.asc"
    return path.read_bytes() if path.exists() else None


def _passphrase() -> str:
    """From the environment, a pipe or the terminal, in this order."""
    if (given := os.environ.get("OPERATOR_KEY_PASSPHRASE")) is not None:
        return given
    if sys.stdin.isatty():
        return getpass.getpass("Passphrase of the operator key: ")
    return sys.stdin.readline().rstrip("\r\n")
