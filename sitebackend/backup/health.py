"""What the backups report: whether there is one, how old it is, and when one was last restored for trial."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend.backup import restore
from sitebackend.backup.models import Backup
from sitebackend.findings import Finding, Level, report

LATE = timedelta(days=2)
DRILL_EVERY = timedelta(days=31)


@report
def backups(now: datetime) -> Iterator[Finding]:
    last, latest = Backup.objects.order_by("created_at").last(), Backup.objects.latest_whole()
    if not settings.BACKUP_TARGETS:
        yield _no_target()
        return
    if last and last.failure:
        yield _alarm("backup.failed", _("The last backup failed: {reason}").format(reason=last.failure))
    if latest is None or now - latest.created_at > LATE:
        yield _alarm("backup.late", _("There is no whole backup of the last two days."))
    if latest is None:
        return
    days = (now - latest.created_at).days
    yield Finding(
        _("Backup"),
        Level.FINE,
        _("Days since the last whole backup: {days}").format(days=days),
        code="backup.age",
        figure=days,
    )
    yield from _drill(now)


@report
def old_state(now: datetime) -> Iterator[Finding]:
    if restore.kept_folder().exists():
        yield _warning(
            "backup.old_state",
            _("The state before the restore is still kept."),
            _("When everything is well, delete the folder {folder}.").format(folder=restore.kept_folder()),
        )


def _no_target() -> Finding:
    """A site for trying out, which only this machine reaches, has nothing to lose yet."""
    if not settings.HTTPS:
        return Finding(_("Backup"), Level.FINE, _("No backups are made while trying out."), code="backup.no_target")
    return _warning(
        "backup.no_target", _("No backups are made."), _("Name a folder on another disk in BACKUP_TARGETS.")
    )


def _drill(now: datetime) -> Iterator[Finding]:
    drilled = Backup.objects.filter(drilled_at__isnull=False).order_by("drilled_at").last()
    if drilled and drilled.drilled_at and now - drilled.drilled_at <= DRILL_EVERY:
        days = (now - drilled.drilled_at).days
        yield Finding(
            _("Backup"),
            Level.FINE,
            _("Days since the last trial restore: {days}").format(days=days),
            code="backup.drill",
            figure=days,
        )
        return
    yield _warning(
        "backup.drill_due",
        _("No backup was restored for trial within a month."),
        _("Do it where the secret key is: manage.py backup verify --full FILE."),
    )


def _warning(code: str, text: str, next_step: str) -> Finding:
    return Finding(_("Backup"), Level.WARNING, text, next_step, code=code)


def _alarm(code: str, text: str) -> Finding:
    return Finding(
        _("Backup"), Level.ALARM, text, _("Connect the medium, then run: manage.py backup create."), code=code
    )
