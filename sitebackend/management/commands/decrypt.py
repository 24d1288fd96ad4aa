"""`manage.py decrypt REFERENCE`: the stored message to standard output, byte for byte."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from contact.models import Submission
from sitebackend import audit
from sitebackend.crypto import openpgp
from sitebackend.management import operator_secret
from sitebackend.models import Act, Actor, LookReason
from sitebackend.references import tidy_reference


class Command(BaseCommand):
    help = (
        "Decrypt one submission, where the secret key is. The passphrase: OPERATOR_KEY_PASSPHRASE, or standard input."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="as on the thanks page, in any spelling: K7M-4QX-9PT or k7m4qx9pt")
        parser.add_argument("--because", choices=LookReason.values, default="", help="why, if it is restricted")

    def handle(self, *, reference: str, because: str, **options: Any) -> None:
        submission = Submission.objects.filter(reference=tidy_reference(reference)).first()
        if submission is None:
            raise CommandError(_("There is no submission with this reference."))
        if submission.restricted_since and not because:
            told = _("This message is restricted (Art. 18 GDPR). Say why it is read: --because {reasons}.")
            raise CommandError(told.format(reasons="|".join(LookReason.values)))
        try:
            key, passphrase = operator_secret.key(), operator_secret.passphrase()
            plaintext = openpgp.decrypt(submission.message.armoured.encode(), secret_key=key, passphrase=passphrase)
        except (openpgp.OpenPGPError, OSError) as error:
            raise CommandError(str(error)) from error
        audit.note(Act.OPENED, actor=Actor.SHELL, kind="contact.submission", key=submission.pk, reason=because)
        self.stdout.flush()
        sys.stdout.buffer.write(plaintext)
        sys.stdout.buffer.flush()
