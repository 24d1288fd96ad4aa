"""`backup create|list|verify|restore|prune`: thin words around sitebackend.backup.services."""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend import audit
from sitebackend.backup import media, restore, services, signing, trial
from sitebackend.backup.failures import BackupFailed
from sitebackend.backup.restore import Restored, Wave
from sitebackend.management import operator_secret
from sitebackend.models import Act, Actor
from sitebackend.monitoring import clock


class Command(BaseCommand):
    help = "Make encrypted, signed backups on other media; list, check and remove them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("create", help="make one now, on every medium that is there")
        actions.add_parser("public_key", help="for the recovery sheet: what proves that a backup is this site's")
        actions.add_parser("list", help="what lies on the media, each file checked")
        verify = actions.add_parser("verify", help="authenticity and completeness; with the secret key a trial restore")
        verify.add_argument("file", type=Path)
        verify.add_argument("--public-key", metavar="HEX", help="of the site that made it, from the recovery sheet")
        verify.add_argument("--full", action="store_true", help="decrypt and check everything inside; needs the key")
        restore = actions.add_parser("restore", help="replace the site by a backup; shows what it would do")
        restore.add_argument("file", type=Path, nargs="?")
        restore.add_argument("--public-key", metavar="HEX", help="of the site that made it, from the recovery sheet")
        restore.add_argument("--journal-number", type=int, help="the latest line of the erasure journal known of")
        restore.add_argument("--with-settings", action="store_true", help="replace the settings file as well")
        restore.add_argument(
            "--without-retention",
            metavar="FIRST-LAST",
            default="",
            help="put back what a wrong clock let go: these lines",
        )
        restore.add_argument("--yes", action="store_true", help="do it")
        restore.add_argument("--resume", action="store_true", help="complete a restore that was interrupted")
        restore.add_argument("--undo", action="store_true", help="give up a restore that was interrupted")
        prune = actions.add_parser("prune", help="show what rotation would remove")
        prune.add_argument("--yes", action="store_true", help="remove it")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, action)(**options)
        except (BackupFailed, clock.ClockInDoubt) as error:
            raise CommandError(str(error)) from error

    def create(self, **options: Any) -> None:
        backup = services.create(now=timezone.now(), progress=self.progress)
        self.stdout.write(f"{backup.name}  {backup.size}  {', '.join(backup.media)}")
        for reason in backup.missed.values():
            self.stderr.write(_("Missing there: {reason}").format(reason=reason), self.style.WARNING)

    def public_key(self, **options: Any) -> None:
        self.stdout.write(_own_public_key())

    def list(self, **options: Any) -> None:
        for path, found in media.available():
            says = found if isinstance(found, str) else f"{found.created_at}  {_('whole')}"
            self.stdout.write(f"{path}  {says}")

    def verify(self, *, file: Path, public_key: str | None, full: bool, **options: Any) -> None:
        public_key = public_key or _own_public_key()
        if not full:
            header = trial.verify(file, public_key=public_key)
            self.stdout.write(_("Whole and made by this site, {time}.").format(time=header.created_at))
            return
        key, passphrase = operator_secret.key(), operator_secret.passphrase()
        checked = trial.drill(
            file, public_key=public_key, secret_key=key, passphrase=passphrase, progress=self.progress
        )
        text = _("Restored for trial: {rows} rows, {files} files, all as listed.")
        self.stdout.write(text.format(rows=checked.rows, files=checked.files))

    def restore(self, *, file: Path | None, resume: bool, undo: bool, yes: bool, **options: Any) -> None:
        if undo:
            restore.take_back()
            self.stdout.write(_("Everything is as it was before."))
            return
        if resume:
            replayed = restore.resume(progress=self.progress)
            self.stdout.write(_("Complete. {rows} rows erased again.").format(rows=replayed.erased))
            self._tell_kept(replayed.kept)
            return
        if file is None:
            raise CommandError(_("Name the file of the backup."), returncode=2)
        public_key = options["public_key"] or _own_public_key()
        header = trial.verify(file, public_key=public_key)
        if not yes:
            words = _("This would replace the whole site by {time}. --yes does it.")
            self.stdout.write(words.format(time=header.created_at))
            self._tell_waves(restore.waves(file, header.journal_number))
            return
        done = self._restored(file, public_key, options)
        audit.note(Act.RESTORED, actor=Actor.SHELL, key=file.name)
        self._told(done)

    def _tell_waves(self, waves: Sequence[Wave]) -> None:
        """What would be erased again because a clock said so: the operator sees whether it was right."""
        for wave in waves:
            words = _("{at}: retention erased {rows} rows. By a wrong clock? --without-retention {first}-{last}")
            at = date_format(timezone.localtime(wave.at), "DATETIME_FORMAT")
            self.stdout.write(words.format(at=at, rows=wave.rows, first=wave.first, last=wave.last))

    def _restored(self, file: Path, public_key: str, options: dict[str, Any]) -> Restored:
        return restore.restore(
            file,
            public_key=public_key,
            secret_key=operator_secret.key(),
            passphrase=operator_secret.passphrase(),
            journal_number=_journal_number(options),
            with_settings=options["with_settings"],
            without_retention=_lines(options["without_retention"]),
            progress=self.progress,
        )

    def _told(self, done: Restored) -> None:
        checked = done.checked
        text = _("Restored: {rows} rows, {files} files; {erased} rows erased again. The old state lies in {folder}.")
        self.stdout.write(
            text.format(rows=checked.rows, files=checked.files, erased=done.erased_again, folder=done.old_state)
        )
        self._tell_kept(done.kept)

    def _tell_kept(self, kept: Sequence[str]) -> None:
        if kept:
            words = _("The erasure journal says that these were erased; the law keeps them, so they stay: {names}")
            self.stdout.write(words.format(names=", ".join(kept)))

    def prune(self, *, yes: bool, **options: Any) -> None:
        for path in services.prune(now=timezone.now(), dry=not yes):
            self.stdout.write(str(path))
        if not yes:
            self.stdout.write(_("Nothing was removed; --yes removes these."))

    def progress(self, step: str, share: float) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{step} … {share:.0%}" if share else f"\r\033[K{step} …", ending="")
            self.stderr.write("\r\033[K" if share == 1 else "", ending="")


def _lines(given: str) -> range:
    if not given:
        return range(0)
    if not (found := re.fullmatch(r"([1-9]\d*)-([1-9]\d*)", given)):
        raise CommandError(_("Name the lines as FIRST-LAST, such as 12-40."), returncode=2)
    return range(int(found[1]), int(found[2]) + 1)


def _own_public_key() -> str:
    try:
        return signing.public_key()
    except OSError as error:
        words = _("This site has no signing key. Name the one of the recovery sheet: --public-key.")
        raise BackupFailed(words) from error


def _journal_number(options: dict[str, Any]) -> int:
    if options["journal_number"] is not None:
        return int(options["journal_number"])
    words = _("Name --journal-number: the last number in the mails about the erasure journal (0 if none came).")
    if sys.stdin.isatty():
        answer = input(_("The last number in the mails about the erasure journal (0 if none came):") + " ")
        if answer.strip().isdecimal():
            return int(answer)
    raise CommandError(words, returncode=2)
