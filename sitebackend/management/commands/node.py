"""`node show|take_over`: which data folder the database belongs to, and how it comes to another one."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sitebackend import node
from sitebackend.backup import restore
from sitebackend.backup.failures import BackupFailed


class Command(BaseCommand):
    help = "Show which data folder the database belongs to; hand it over to this one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("show", help="whether the database belongs to this data folder")
        take_over = actions.add_parser(
            "take_over", help="shows what it would do; the other folder is refused afterwards"
        )
        take_over.add_argument(
            "--journal-number", type=int, required=True, help="the latest line of the erasure journal known of"
        )
        take_over.add_argument(
            "--journal-folder", type=Path, default=Path(), metavar="DIR", help="where copies of the journal lie"
        )
        take_over.add_argument("--yes", action="store_true", help="do it")

    def handle(self, *, action: str, **options: Any) -> None:
        getattr(self, action)(**options)

    def show(self, **options: Any) -> None:
        node.require()
        self.stdout.write(_("The database belongs to {folder}, or to nobody yet.").format(folder=settings.DATA_DIR))

    def take_over(self, *, journal_number: int, journal_folder: Path, yes: bool, **options: Any) -> None:
        try:
            last = restore.take_over(journal_folder.absolute(), journal_number=journal_number, dry=not yes)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        words = _("The database belongs to {folder} now; the erasure journal ends at line {number}.")
        if not yes:
            words = _(
                "This would hand the database over to {folder}; the erasure journal ends at line {number}. "
                "--yes does it."
            )
        self.stdout.write(words.format(folder=settings.DATA_DIR, number=last))
