"""`manage.py operator_key show|import FILE|prove WORD|confirm|export`."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from contact import key_change
from contact.models import KeyTrial
from sitebackend import audit, operator_key
from sitebackend.crypto.certificate import Certificate
from sitebackend.models import Act, Actor


class Command(BaseCommand):
    help = "The public OpenPGP certificate that submissions are encrypted to: look at it, replace it, give it away."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("show", help="fingerprint, owner, end; the trial message of a key that waits for its word")
        verbs.add_parser("export", help="the public certificates, to standard output")
        importing = verbs.add_parser("import", help="bring this public certificate; it counts when its word is typed")
        importing.add_argument("file", type=Path)
        proving = verbs.add_parser("prove", help="the word of the trial message: from now on its key is in use")
        proving.add_argument("word")
        verbs.add_parser("confirm", help="say that the keys in use are yours")

    def handle(self, *, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "show": self._show,
            "export": self._export,
            "import": self._import,
            "prove": self._prove,
            "confirm": self._confirm,
        }
        try:
            verbs[verb](**options)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except (operator_key.OperatorKeyUnusable, key_change.WrongWord) as error:
            raise CommandError(str(error)) from error

    def _show(self, **options: Any) -> None:
        for file in operator_key.key_files():
            if file.certificate:
                self.stdout.write(described(file.certificate))
        for trial in KeyTrial.objects.all():
            self._show_trial(trial)
        _tell_problems()

    def _export(self, **options: Any) -> None:
        self.stdout.flush()
        sys.stdout.buffer.write(operator_key.export_armoured())
        _tell_problems()

    def _import(self, *, file: Path, **options: Any) -> None:
        brought = key_change.bring(data=file.read_bytes(), now=timezone.now())
        audit.note(brought.act, actor=Actor.SHELL, key=brought.certificate.fingerprint)
        self.stdout.write(described(brought.certificate))
        self.stdout.write(brought.words())
        if brought.trial:
            self._show_trial(brought.trial)

    def _prove(self, *, word: str, **options: Any) -> None:
        fingerprint, act = key_change.prove(word=word, now=timezone.now())
        audit.note(act, actor=Actor.SHELL, key=fingerprint)
        self.stdout.write(_("The key is proved: messages are encrypted to it."))

    def _confirm(self, **options: Any) -> None:
        confirmed = key_change.confirm(now=timezone.now())
        for fingerprint in confirmed:
            audit.note(Act.KEY_CONFIRMED, actor=Actor.SHELL, key=fingerprint)
        self.stdout.write("\n".join(confirmed) or _("There was nothing to confirm."))

    def _show_trial(self, trial: KeyTrial) -> None:
        words = _(
            "Trial message to {fingerprint}; open it (gpg -d) and type its word: manage.py operator_key prove WORD"
        )
        self.stdout.write(words.format(fingerprint=trial.fingerprint))
        self.stdout.write(trial.message)


def _tell_problems() -> None:
    if reasons := operator_key.problems():
        raise CommandError(" ".join(reasons))


def described(certificate: Certificate) -> str:
    end = certificate.expires.date().isoformat() if certificate.expires else _("never")
    lines = [certificate.fingerprint, *certificate.user_ids, _("ends: {end}").format(end=end)]
    return "\n".join(line for line in [*lines, operator_key.weakness(certificate)] if line)
