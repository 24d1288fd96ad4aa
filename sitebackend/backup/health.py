"""What the backups report: whether there is one, how old it is, and when one was last restored for trial."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend.backup import gate, media, restore, upload
from sitebackend.backup.models import Backup
from sitebackend.findings import Finding, Level, report
from sitebackend.monitoring import clock
from sitebackend.privacy import journal

LATE = timedelta(days=2)
ABSENT = timedelta(days=14)  # so long a medium may be elsewhere
DRILL_EVERY = timedelta(days=31)

clock.witness_rows(Backup, "created_at")


@clock.witness
def newest_file(after: datetime, until: datetime) -> datetime | None:
    """A restored database knows nothing of the backups after it; the media do."""
    made = [moment for folder in media.present() for moment in media.files(folder)]
    return max((moment for moment in made if after < moment <= until), default=None)


@report
def backups(now: datetime) -> Iterator[Finding]:
    made = Backup.objects.until(now)  # one of the future counts as none
    last, latest = made.order_by("created_at").last(), made.latest_whole()
    if not (settings.BACKUP_TARGETS or upload.is_set()):
        yield _no_target()
        return
    if last and last.failure:
        yield _failed(last)
    if latest is None or now - latest.created_at > LATE:
        yield _alarm("backup.late", _("There is no whole backup of the last {n} days.").format(n=LATE.days))
    if latest is None:
        return
    yield _fine("backup.age", _("Days since the last whole backup: {days}"), max(0, (now - latest.created_at).days))
    yield from _media(latest, now)
    yield from _drill(now)


@report
def unfinished_restore(now: datetime) -> Iterator[Finding]:
    if gate.is_shut():
        yield Finding(
            _("Backup"),
            Level.ALARM,
            _("A restore was interrupted. Visitors see a page that says so."),
            _("Complete it: manage.py backup restore --resume; or give it up: manage.py backup restore --undo."),
            stops_intake=True,
            code="backup.restore_unfinished",
        )


@report
def old_state(now: datetime) -> Iterator[Finding]:
    with suppress(FileNotFoundError):
        day = _day(restore.old_state_goes_at())
        words = _("The state before the restore is kept until {day}, or until somebody is erased.")
        yield Finding(_("Backup"), Level.FINE, words.format(day=day), code="backup.old_state")


def _failed(last: Backup) -> Finding:
    if last.database_damaged:
        return Finding(
            _("Backup"),
            Level.ALARM,
            _("{reason} No old backup is removed now.").format(reason=last.failure),
            _("Stop the site and restore the last backup: manage.py backup restore FILE."),
            code="backup.database_damaged",
        )
    return _alarm("backup.failed", _("The last backup failed: {reason}").format(reason=last.failure))


def _media(latest: Backup, now: datetime) -> Iterator[Finding]:
    """A medium that may be absent at times is missed after a while; one that is there and fails, at once."""
    for name, reason in latest.missed.items():
        absent = name != upload.MEDIUM and not Path(name).is_dir()
        if not absent or not Backup.objects.until(now).lies_on(name, since=now - ABSENT):
            words = _("The last backup is not on {medium}: {reason}").format(medium=name, reason=reason)
            yield _warning("backup.medium", words, _("Connect the medium, or put right what the message names."))
    if upload.is_set() and upload.journal_position() < journal.position():
        words = _("The erasure journal was not uploaded yet.")
        yield _warning("backup.journal_upload", words, _("See that BACKUP_UPLOAD_COMMAND does its work."))
    if settings.HTTPS and not upload.is_set() and all(map(_is_on_our_disk, settings.BACKUP_TARGETS)):
        words = _("Every backup lies on the disk of the site itself.")
        yield _warning("backup.same_disk", words, _("Name a folder on another disk in BACKUP_TARGETS, and mount it."))


def _is_on_our_disk(folder: Path) -> bool:
    return folder.is_dir() and folder.stat().st_dev == Path(settings.DATA_DIR).stat().st_dev


def _no_target() -> Finding:
    """A site for trying out, which only this machine reaches, has nothing to lose yet."""
    if not settings.HTTPS:
        return Finding(_("Backup"), Level.FINE, _("No backups are made while trying out."), code="backup.no_target")
    return _warning(
        "backup.no_target", _("No backups are made."), _("Name a folder on another disk in BACKUP_TARGETS.")
    )


def _drill(now: datetime) -> Iterator[Finding]:
    """The reminder says when the last trial was, and by when the next one is due."""
    drilled = Backup.objects.latest_drill(now)
    if drilled is None:
        yield _drill_due(_("No backup was ever restored for trial."))
        return
    if now - drilled > DRILL_EVERY:
        yield _drill_due(_("The last trial restore was on {day}, more than a month ago.").format(day=_day(drilled)))
        return
    words = _("Last trial restore on {day}; the next one by {due}.")
    text = words.format(day=_day(drilled), due=_day(drilled + DRILL_EVERY))
    yield Finding(_("Backup"), Level.FINE, text, code="backup.drill", figure=max(0, (now - drilled).days))


def _drill_due(text: str) -> Finding:
    return Finding(
        _("Backup"),
        Level.WARNING,
        text,
        _("Where the secret key is: manage.py backup verify --full FILE. Done elsewhere: note it under Backups."),
        url=reverse("admin:backup_backup_changelist"),
        code="backup.drill_due",
    )


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT")


def _fine(code: str, text: str, days: int) -> Finding:
    return Finding(_("Backup"), Level.FINE, text.format(days=days), code=code, figure=days)


def _warning(code: str, text: str, next_step: str) -> Finding:
    return Finding(_("Backup"), Level.WARNING, text, next_step, code=code)


def _alarm(code: str, text: str) -> Finding:
    return Finding(
        _("Backup"), Level.ALARM, text, _("Connect the medium, then run: manage.py backup create."), code=code
    )
