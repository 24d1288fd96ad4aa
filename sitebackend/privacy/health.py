"""What the operator must know of requests, of the erasure journal, and of erasures that are not proved yet."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.findings import Finding, Level, report
from sitebackend.monitoring import clock
from sitebackend.privacy import deadlines, journal, traces
from sitebackend.privacy.models import DataSubjectRequest, Rehearsal
from sitebackend.privacy.rehearsal import without_invented
from sitebackend.privacy.services import execution

ALARM_AT = 3  # days left
PROVE_WITHIN = timedelta(days=1)
REHEARSED_WITHIN = timedelta(days=3)
MAIL_TAKES = timedelta(hours=1)
PROVE_AT_ONCE = timedelta(minutes=1)  # by then a reader is in the way, or a large database waits for the night

clock.witness_rows(DataSubjectRequest, "recorded_at")


@report
def requests(now: datetime) -> Iterator[Finding]:
    """Open requests, by the deadline that comes first."""
    today = deadlines.local_date(now)
    left = [
        days
        for row in without_invented(DataSubjectRequest.objects.open())
        if (days := row.days_left(today)) is not None
    ]
    if not left:
        yield Finding(_("Requests"), Level.FINE, _("none is open"), code="privacy.requests", figure=0)
        return
    yield Finding(
        area=_("Requests"),
        level=_level(min(left)),
        text=_open_requests(len(left), min(left)),
        next_step=_("Open the request and follow its steps."),
        url=reverse("admin:privacy_datasubjectrequest_changelist"),
        code="privacy.requests",
        figure=min(left),
    )


@report
def acknowledgements(now: datetime) -> Iterator[Finding]:
    """Every request is acknowledged the same day; what has no mail address needs the operator."""
    today = deadlines.local_date(now)
    waiting = without_invented(DataSubjectRequest.objects.to_acknowledge())
    count = waiting.filter(Q(email_digest="") | Q(received_on__lt=today)).count()
    if count:
        yield Finding(
            area=_("Requests"),
            level=Level.WARNING,
            text=ngettext("{n} request is not acknowledged.", "{n} requests are not acknowledged.", count).format(
                n=count
            ),
            next_step=_("Without a mail address: by letter or telephone. With one: see that the worker can send mail."),
            url=reverse("admin:privacy_datasubjectrequest_changelist"),
            code="privacy.acknowledgements",
            figure=count,
        )


@report
def untold_extensions(now: datetime) -> Iterator[Finding]:
    """An extension counts only if the person is told within the first month (Art. 12(3) GDPR)."""
    untold = DataSubjectRequest.objects.open().filter(extended_at__isnull=False, extension_told_at=None)
    count = untold.filter(Q(email_digest="") | Q(extended_at__lt=now - MAIL_TAKES)).count()
    if count:
        yield Finding(
            area=_("Requests"),
            level=Level.WARNING,
            text=ngettext(
                "The person does not know of {n} extension yet.",
                "The persons do not know of {n} extensions yet.",
                count,
            ).format(n=count),
            next_step=_("Open the request: it shows where the mail stands, or the letter to post."),
            url=reverse("admin:privacy_datasubjectrequest_changelist"),
            code="privacy.untold_extensions",
            figure=count,
        )


@report
def letters_to_post(now: datetime) -> Iterator[Finding]:
    """A request is answered when the person has the answer, not when it was written."""
    if count := DataSubjectRequest.objects.letters_to_post().count():
        yield Finding(
            area=_("Requests"),
            level=Level.WARNING,
            text=ngettext("{n} answer is not noted as posted.", "{n} answers are not noted as posted.", count).format(
                n=count
            ),
            next_step=_("Open the request, print the letter, post it, and note the day there."),
            url=reverse("admin:privacy_datasubjectrequest_changelist") + "?answered=yes",
            code="privacy.letters_to_post",
            figure=count,
        )


@report
def unproved(now: datetime) -> Iterator[Finding]:
    """After the answer the files are cleaned once more; that has its own day."""
    late = DataSubjectRequest.objects.to_verify().mailed_out().filter(erased_at__lt=now - PROVE_AT_ONCE)
    if names := traces.readers() if late.exists() else []:
        yield Finding(
            area=_("Requests"),
            level=Level.WARNING,
            text=_("What was erased cannot leave the database's files: {programs} read them without end.").format(
                programs=", ".join(names)
            ),
            next_step=_("End the named program on the server; the rest follows by itself."),
            code="privacy.unproved.readers",
            figure=len(names),
        )
    before = now - PROVE_WITHIN
    if _rights_missing():  # has its own finding
        return
    count = late.filter(Q(answered_at=None) | Q(answered_at__lt=before), erased_at__lt=before).count()
    if count:
        yield Finding(
            area=_("Requests"),
            level=Level.ALARM,
            text=ngettext("{n} erasure is not proved.", "{n} erasures are not proved.", count).format(n=count),
            next_step=_("Open the request: it shows what is left, or what is in the way."),
            url=reverse("admin:privacy_datasubjectrequest_changelist"),
            code="privacy.unproved",
            figure=count,
        )


@clock.witness
def newest_line(after: datetime, until: datetime) -> datetime | None:
    """The journal lies outside the database: a restore does not turn it back."""
    with suppress(journal.JournalDamaged, OSError):
        return max((entry.at for entry in journal.entries() if after < entry.at <= until), default=None)
    return None


@report
def overdue(now: datetime) -> Iterator[Finding]:
    """What should have gone before the last run: nobody but the operator knows whether that is right."""
    if (plan := execution.overdue(now)) and not clock.doubt(now):
        count = sum(len(step.rows) for step in plan.destructive)
        yield Finding(
            area=_("Retention"),
            level=Level.WARNING,
            text=ngettext(
                "{n} row was due before the last run and is here nevertheless.",
                "{n} rows were due before the last run and are here nevertheless.",
                count,
            ).format(n=count),
            next_step=_("Look at what it is, and say that it may go: it waits for your word."),
            url=reverse("admin:privacy_overdue"),
            code="privacy.overdue",
            figure=count,
        )


@report
def rights_in_the_database(now: datetime) -> Iterator[Finding]:
    """Without them what was erased is logically gone, and nobody can see that it left the database's files."""
    if missing := _rights_missing():
        yield Finding(
            area=_("Erasure"),
            level=Level.WARNING,
            text=_(
                "What is erased is logically gone. Whether it left PostgreSQL's files cannot be seen without rights."
            ),
            next_step=_("Let a superuser type in this database: {commands}").format(commands=" ".join(missing)),
            code="privacy.database_rights",
            figure=len(missing),
        )


def _rights_missing() -> list[str]:
    try:
        return traces.missing_rights()
    except DatabaseError:  # its own report says that it is away
        return []


@report
def rehearsals(now: datetime) -> Iterator[Finding]:
    """Whether erasing works is tried every night on an invented person."""
    row = Rehearsal.objects.first()
    if row is None:
        return
    said = _last_rehearsed(row)
    if row.failure:
        yield Finding(
            area=_("Erasure"),
            level=Level.ALARM,
            text=_("The rehearsal of an erasure failed: {reason}. {last}").format(
                reason=row.get_failure_display(), last=said
            ),
            next_step=_("Until it goes well again, no erasure can be relied on. The log shows more."),
            code="privacy.rehearsal",
        )
    elif now - (row.proved_at or row.begun_at) > REHEARSED_WITHIN:
        yield Finding(
            area=_("Erasure"),
            level=Level.WARNING,
            text=said,
            next_step=_("See that the worker runs and that the clock is right."),
            code="privacy.rehearsal",
        )
    else:
        yield Finding(_("Erasure"), Level.FINE, said, code="privacy.rehearsal")


def _last_rehearsed(row: Rehearsal) -> str:
    if row.proved_at is None:
        return _("Erasure was not rehearsed yet.")
    return _("Erasure last rehearsed on {day}.").format(day=date_format(deadlines.local_date(row.proved_at)))


@report
def erasure_journal(now: datetime) -> Iterator[Finding]:
    """The journal must be whole, copied to every medium, and told by mail."""
    try:
        untold = journal.position() - journal.told_position()
    except journal.JournalDamaged as error:
        yield Finding(
            area=_("Erasure journal"),
            level=Level.ALARM,
            text=_("The erasure journal is damaged: {reason}.").format(reason=error),
            next_step=_("Bring it back from a backup medium; nothing is erased until then."),
            code="privacy.journal.damaged",
        )
        return
    if untold > 0:
        yield _journal_waits(_("Lines of the erasure journal wait to be mailed to you."), "untold", untold)
    if missing := journal.copy_to_targets():
        yield _journal_waits(_("The erasure journal is not on every backup medium."), "uncopied", len(missing))


def _journal_waits(text: str, code: str, figure: int) -> Finding:
    return Finding(
        area=_("Erasure journal"),
        level=Level.WARNING,
        text=text,
        next_step=_("See that the worker runs, that mail goes out, and connect the medium."),
        code=f"privacy.journal.{code}",
        figure=figure,
    )


def _level(days_left: int) -> Level:
    if days_left <= ALARM_AT:
        return Level.ALARM
    return Level.WARNING  # from its first day: somebody waits


def _open_requests(count: int, days_left: int) -> str:
    opened = ngettext("{n} open request", "{n} open requests", count).format(n=count)
    if days_left < 0:
        words = ngettext("{opened}, the first {n} day overdue.", "{opened}, the first {n} days overdue.", -days_left)
    else:
        words = ngettext("{opened}, the first due in {n} day.", "{opened}, the first due in {n} days.", days_left)
    return words.format(opened=opened, n=abs(days_left))
