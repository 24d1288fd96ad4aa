"""`backup create|list|verify|prune`: thin words around sitebackend.backup.services."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend.backup import services, signing
from sitebackend.management import operator_secret


class Command(BaseCommand):
    help = "Make encrypted, signed backups on other media; list, check and remove them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("create", help="make one now, on every medium that is there")
        actions.add_parser("list", help="what lies on the media, each file checked")
        verify = actions.add_parser("verify", help="authenticity and completeness; with the secret key a trial restore")
        verify.add_argument("file", type=Path)
        verify.add_argument("--public-key", metavar="HEX", help="of the site that made it, from the recovery sheet")
        verify.add_argument("--full", action="store_true", help="decrypt and check everything inside; needs the key")
        prune = actions.add_parser("prune", help="show what rotation would remove")
        prune.add_argument("--yes", action="store_true", help="remove it")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            getattr(self, action)(**options)
        except services.BackupFailed as error:
            raise CommandError(str(error)) from error

    def create(self, **options: Any) -> None:
        backup = services.create(now=timezone.now(), progress=self.progress)
        self.stdout.write(f"{backup.name}  {backup.size}  {', '.join(backup.media)}")

    def list(self, **options: Any) -> None:
        for path, found in services.available():
            says = found if isinstance(found, str) else f"{found.created_at}  {_('whole')}"
            self.stdout.write(f"{path}  {says}")

    def verify(self, *, file: Path, public_key: str | None, full: bool, **options: Any) -> None:
        public_key = public_key or signing.public_key()
        if not full:
            header = services.verify(file, public_key=public_key)
            self.stdout.write(_("Whole and made by this site, {time}.").format(time=header.created_at))
            return
        key, passphrase = operator_secret.key(), operator_secret.passphrase()
        checked = services.drill(file, public_key=public_key, secret_key=key, passphrase=passphrase)
        text = _("Restored for trial: {rows} rows, {files} files, all as listed.")
        self.stdout.write(text.format(rows=checked.rows, files=checked.files))

    def prune(self, *, yes: bool, **options: Any) -> None:
        for path in services.prune(now=timezone.now(), dry=not yes):
            self.stdout.write(str(path))
        if not yes:
            self.stdout.write(_("Nothing was removed; --yes removes these."))

    def progress(self, step: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"{step} …")
