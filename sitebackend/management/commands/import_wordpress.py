"""`manage.py import_wordpress FILE.xml [--media DIR] [--dry-run]`: takes over pages, posts, pictures and menus."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from sitebackend.pages.wordpress import export
from sitebackend.pages.wordpress.importer import Import, Report


class Command(BaseCommand):
    help = "Take over a WordPress site from its export file. A second run renews what nobody has edited since."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.xml", help="from WordPress: Tools → Export → All content")
        parser.add_argument("--media", type=Path, metavar="DIR", help="a copy of the old site's wp-content/uploads")
        parser.add_argument("--dry-run", action="store_true", help="tell what would come, write nothing")

    def handle(self, *, file: Path, media: Path | None, dry_run: bool, **options: Any) -> None:
        if media and not media.is_dir():
            raise CommandError(_("--media wants a folder: {path}").format(path=media), returncode=2)
        importing = Import(self._read(file), media)
        report = importing.preview() if dry_run else importing.run(self._progress)
        self._tell(report, dry_run=dry_run)

    def _read(self, file: Path) -> export.Export:
        try:
            with file.open("rb") as stream:
                return export.read(stream)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except export.Unreadable as error:
            raise CommandError(str(error)) from error

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write(_("Nothing has been written. This would come:"))
        words = {
            "new": _("new pages and posts"),
            "renewed": _("renewed, because nobody has edited them since"),
            "same": _("unchanged"),
            "edited": _("left alone, because they were edited or thrown away here"),
            "pictures": _("new pictures"),
            "downloads": _("new downloads"),
        }
        for name, label in words.items():
            if report.counts[name] or name == "new":
                self.stdout.write(f"{report.counts[name]:>6}  {label}")
        for note in report.notes:
            self.stdout.write(f"- {note}")

    def _progress(self, name: str, done: int, wanted: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{name} {done}/{wanted}", ending="\n" if done == wanted else "")
