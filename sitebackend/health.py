"""What the ground reports: database, disk, operator key."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from sitebackend import operator_key
from sitebackend.findings import Finding, Level, report

LEAST_FREE_BYTES = 200 * 1024 * 1024
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


@report
def operator_keys(now: datetime) -> Iterator[Finding]:
    try:
        usable = operator_key.usable_certificates()
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
    for certificate in usable:
        if certificate.expires and certificate.expires - now < WARN_BEFORE:
            days = (certificate.expires - now).days
            yield Finding(
                area=_("Operator key"),
                level=Level.WARNING,
                text=_("The operator key expires in {days} days.").format(days=days),
                next_step=_("Extend it, or import a new one: manage.py operator_key import FILE."),
                code="operator_key.expires",
                figure=days,
            )
