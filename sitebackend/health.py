"""What the ground reports: database, disk, worker, operator key."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend import node, operator_key
from sitebackend.crypto import server_key
from sitebackend.crypto.certificate import Certificate
from sitebackend.findings import Finding, Level, report
from sitebackend.http import failover_cache
from sitebackend.models import SiteSettings, WorkerJob
from sitebackend.monitoring import clock
from sitebackend.system import data_owner

LEAST_FREE_BYTES = 200 * 1024 * 1024
WORKER_SILENCE = timedelta(minutes=10)  # a job may take long, such as a backup
WARN_BEFORE = timedelta(days=60)


@report
def database(now: datetime) -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        yield Finding(
            area=_("Database"),
            level=Level.ALARM,
            text=_("The database does not answer."),
            next_step=_("Start the database, or correct DATABASE_URL."),
            stops_intake=True,
            code="database.unreachable",
        )
    else:
        yield Finding(_("Database"), Level.FINE, _("answers"), code="database.answers")


@report
def home_of_the_database(now: datetime) -> Iterator[Finding]:
    if home := node.found_elsewhere():
        yield Finding(
            area=_("Database"),
            level=Level.ALARM,
            text=str(node.elsewhere(home)),
            next_step=_("Until then nothing is erased and backed up from here."),
            code="database.elsewhere",
        )


@report
def shared_cache(now: datetime) -> Iterator[Finding]:
    cache = failover_cache.shared()
    if cache is None:
        return
    if cache.answers():
        yield Finding(_("Cache"), Level.FINE, _("answers"), code="cache.answers")
        return
    yield Finding(
        area=_("Cache"),
        level=Level.WARNING,
        text=_("The shared cache does not answer: each process counts limits and failed logins for itself."),
        next_step=_("Start it, or correct CACHE_URL. Submissions are taken meanwhile."),
        degrades_intake=True,
        code="cache.unreachable",
    )


@report
def disk(now: datetime) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE_BYTES:
        yield Finding(
            area=_("Disk"),
            level=Level.ALARM,
            text=_("Only {megabytes} MB are free.").format(megabytes=free // 2**20),
            next_step=_("Make room on the disk that holds {folder}.").format(folder=settings.DATA_DIR),
            stops_intake=True,
            code="disk.full",
            figure=free,
        )
    else:
        text = _("{gigabytes} GB free").format(gigabytes=number_format(free / 2**30, 1))
        yield Finding(_("Disk"), Level.FINE, text, code="disk.free", figure=free)


@report
def owner_of_files(now: datetime) -> Iterator[Finding]:
    """Files that a command left from another account, and whether they close the form."""
    folder, database = settings.DATA_DIR, _database_files()
    next_step = _("As root, type: {command}").format(command=data_owner.taken_back(folder, database[:1]))
    if closed := closed_file():
        text = _("No submission can be taken: {account} cannot write {path}.").format(
            account=data_owner.name_of(os.geteuid()), path=closed
        )
        yield Finding(_("Files"), Level.ALARM, text, next_step, stops_intake=True, code="files.out_of_reach")
    elif strays := data_owner.strays(folder, database):
        count = len(strays)
        text = ngettext(
            "{count} file belongs to another account: {path}.",
            "{count} files belong to another account, {path} among them.",
            count,
        ).format(count=count, path=strays[0])
        yield Finding(_("Files"), Level.WARNING, text, next_step, code="files.strays", figure=count)


def closed_file() -> Path | None:
    """The first file that a submission has to write and cannot; None: all can be written."""
    database = _database_files()
    return _out_of_reach([*database, settings.DATA_DIR / "write.lock"] if database else [])


def _database_files() -> list[Path]:
    """The SQLite database and what it keeps beside while it is open; none of PostgreSQL."""
    database: Path | None = settings.DATABASE_FILE
    return [database.with_name(database.name + end) for end in ("", "-wal", "-shm")] if database else []


def _out_of_reach(needed: list[Path]) -> Path | None:
    """The first file that a submission has to write, or folder in which to make it, that cannot be written."""
    for path in needed:
        opened = path if path.exists() else path.parent
        if not os.access(opened, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            return opened
    return None


@report
def worker(now: datetime) -> Iterator[Finding]:
    believable = WorkerJob.objects.filter(last_run__lte=now + clock.BEHIND)
    last_run = believable.aggregate(latest=Max("last_run"))["latest"]
    minutes = max(0, (now - last_run).total_seconds() // 60) if last_run else None
    if last_run and now - last_run <= WORKER_SILENCE:
        yield Finding(_("Worker"), Level.FINE, _("runs"), code="worker.runs", figure=minutes)
        return
    yield Finding(
        area=_("Worker"),
        level=Level.ALARM,
        text=_("The worker last ran {minutes:.0f} minutes ago.").format(minutes=minutes)
        if last_run
        else _("The worker has not run yet."),
        next_step=_(
            "Mail and deadlines wait for it. Start it: manage.py serve (with its worker), or manage.py worker."
        ),
        code="worker.silent",
        figure=minutes,
    )


@report
def clock_in_doubt(now: datetime) -> Iterator[Finding]:
    doubt = clock.doubt(now)
    if doubt is None:
        return
    words = (
        _("The clock shows {now}; the newest time known to be true is {known}.")
        if doubt.is_ahead
        else _("The clock shows {now}, which is before {known}, a time that was true already.")
    )
    text = words.format(now=clock.moment(doubt.now), known=clock.moment(doubt.known))
    rests = _("Nothing is erased by its period and no backup is removed.")
    yield Finding(
        area=_("Clock"),
        level=Level.ALARM,
        text=f"{text} {rests}",
        next_step=_(
            "Set the clock right. If it is right, because the site was off: say so in the cockpit, or with "
            "manage.py retention run --yes --clock-is-right."
        ),
        url=reverse("admin:clock"),
        code="clock.ahead" if doubt.is_ahead else "clock.behind",
        figure=(doubt.now - doubt.known).days,
    )


@report
def rows_dated_ahead(now: datetime) -> Iterator[Finding]:
    """What a wrong clock wrote down: nothing that is due looks at it, but the operator must know."""
    if clock.doubt(now) or not (count := clock.unnoted_ahead(now)):
        return
    kinds = ", ".join(f"{what} ({number})" for what, number in clock.dated_ahead(now))
    yield Finding(
        area=_("Clock"),
        level=Level.ALARM,
        text=_("A clock that was wrong dated these in the future: {kinds}.").format(kinds=kinds),
        next_step=_(
            "No backup of the future counts, and what is due does not wait for these. Look at them, and note it."
        ),
        url=reverse("admin:clock"),
        code="clock.dated_ahead",
        figure=count,
    )


@report
def failing_jobs(now: datetime) -> Iterator[Finding]:
    for job in WorkerJob.objects.failing().order_by("failing_since"):
        since = date_format(timezone.localtime(job.failing_since), "SHORT_DATETIME_FORMAT")
        yield Finding(
            area=_("Worker"),
            level=Level.ALARM,
            text=_("{job} fails since {time} ({failure}).").format(job=job.name, time=since, failure=job.failure),
            next_step=_("The log shows where. The other jobs go on, and this one is tried again each second."),
            code="worker.job_failing",
        )


@report
def server_key_file(now: datetime) -> Iterator[Finding]:
    if not server_key.path().exists():
        yield Finding(
            area=_("Server key"),
            level=Level.ALARM,
            text=_("The server key {path} is missing: no submission can be taken.").format(path=server_key.path()),
            next_step=_("Bring the file back from a backup."),
            stops_intake=True,
            code="server_key.missing",
        )


@report
def federal_state(now: datetime) -> Iterator[Finding]:
    """While trying out there is nobody who could complain or wait for a deadline."""
    if settings.HTTPS and not SiteSettings.current().federal_state:
        yield Finding(
            area=_("Business data"),
            level=Level.WARNING,
            text=_("The federal state is not given: which authority is responsible, and which holidays count."),
            next_step=_("Choose it under “Business data”."),
            url=reverse("admin:sitebackend_sitesettings_changelist"),
            code="settings.federal_state",
        )


@report
def secret_keys(now: datetime) -> Iterator[Finding]:
    for path in operator_key.secret_key_files():
        yield Finding(
            area=_("Operator key"),
            level=Level.ALARM,
            text=_("OPERATOR_KEY_FILE names a secret key: {path}.").format(path=path),
            next_step=_(
                "It is given to nobody, and nothing is encrypted to it. Put the public certificate there instead: "
                "gpg --export --armor YOUR-ADDRESS."
            ),
            code="operator_key.secret",
        )


@report
def operator_keys(now: datetime) -> Iterator[Finding]:
    """Encrypts something, as a submission would: a certificate may be fine and gpg itself be out of order."""
    try:
        usable = operator_key.usable_certificates()
        operator_key.encrypt(b"")
    except operator_key.OperatorKeyUnusable as error:
        yield Finding(
            area=_("Operator key"),
            level=Level.ALARM,
            text=_("No submission can be taken: {reason}").format(reason=error),
            next_step=_("Put a valid public key into place: manage.py operator_key import FILE."),
            stops_intake=True,
            code="operator_key.unusable",
        )
        return
    for file in operator_key.key_files():
        if file.reason and not file.is_secret:
            yield Finding(
                area=_("Operator key"),
                level=Level.WARNING,
                text=_("One of two operator keys is out of use: {reason}").format(reason=file.reason),
                next_step=_("Extend it, or import a new one: manage.py operator_key import FILE."),
                code="operator_key.out_of_use",
            )
    for certificate in usable:
        yield _expiry(certificate, now)
        if weakness := operator_key.weakness(certificate):
            yield Finding(_("Operator key"), Level.WARNING, weakness, code="operator_key.weak")


def _expiry(certificate: Certificate, now: datetime) -> Finding:
    if certificate.expires is None:
        return Finding(_("Operator key"), Level.FINE, _("in order, no end"), code="operator_key.expires")
    left = certificate.expires - now
    if left >= WARN_BEFORE:
        text = _("in order, {days} days left").format(days=left.days)
        return Finding(_("Operator key"), Level.FINE, text, code="operator_key.expires", figure=left.days)
    ends = certificate.ended_by(now + WARN_BEFORE)
    words = (
        _("The operator key expires in {days} days, all of it.")
        if len(ends) > 1
        else _("The operator key expires in {days} days: its primary key {part}.")
        if ends[0] == certificate.primary
        else _("The operator key expires in {days} days: its encryption subkey {part}.")
    )
    return Finding(
        area=_("Operator key"),
        level=Level.WARNING,
        text=words.format(days=left.days, part=ends[0].fingerprint),
        next_step=operator_key.extension(certificate, now + WARN_BEFORE),
        code="operator_key.expires",
        figure=left.days,
    )
