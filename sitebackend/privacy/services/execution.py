"""An erasure is carried out: previewed, done, shown to be gone, and told, in this order.

What must never happen: the person is told that something is gone which is not. So there are three marks, and
the answer waits for all of them: `erased_at` (the transaction with the journal before it), `verified_at` (the
plan is empty, the files are wiped), and the journal's lines told to the operator by mail. The answer's own mail
holds the person's address until it is delivered: with it the second mark falls, and comes back after the wipe.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from sitebackend import audit
from sitebackend.mail import services as outbox
from sitebackend.mail.models import NOTHING, State
from sitebackend.models import Act, Actor, Operator
from sitebackend.monitoring import clock
from sitebackend.privacy import deadlines, erasure, journal, registry, traces
from sitebackend.privacy.erasure import Plan, Receipt
from sitebackend.privacy.mail import JOURNAL
from sitebackend.privacy.models import DataSubjectRequest, Kind, RetentionRun
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Step, Text
from sitebackend.privacy.services import identity, recipients

_WIPE_PAUSE = "privacy.wipe.pause"
PAUSE_AFTER_READER = 5  # seconds; other jobs have the time between
PAUSE_WITHOUT_RIGHTS = 24 * 60 * 60  # seconds, or until the rights are there: the tables are written anew each time


def preview(request: DataSubjectRequest) -> Plan:
    """What erasing this person's data would do now."""
    return erasure.plan(request.subject(), request.scope)


@transaction.atomic
def erase(request: DataSubjectRequest, *, plan_hash: str, by: Operator, now: datetime) -> Receipt:
    """Do what was previewed, and only that. Raises Refused, or PlanOutdated if something changed since."""
    if not request.identity:
        raise Refused(_("First settle who asks."))
    if request.answered_at:
        raise Refused(_("The request is answered."))
    if request.kind not in (Kind.ERASURE, Kind.OBJECTION):
        raise Refused(_("The person asked for something else."))
    if not request.acknowledged_at and any(step.consequence for step in preview(request).destructive):
        raise Refused(
            _(
                "First the person must know what this means for the contract: the acknowledgement says it. It goes out "
                "by itself within a minute; without a mail address post the letter, and note it above."
            )
        )
    recipients.note_received(request)
    receipt = erasure.erase(request.subject(), request.scope, plan_hash=plan_hash, now=now)
    request.erased_at, request.erased_by, request.verified_at = now, by, None
    request.receipt = [*(request.receipt or []), *(list(line) for line in receipt.done)]
    request.save()
    return receipt


def verify_due(now: datetime) -> int:
    """Worker job: make sure that what was erased is physically gone; gives how many requests that settled."""
    erased = list(DataSubjectRequest.objects.to_verify().mailed_out()) if not _pauses() else []
    clean = [request for request in erased if identity.is_decided(request) and not left_over(request)]
    return sum(_mark_verified(request, now) for request in clean) if clean and _wiped(now) else 0


def _mark_verified(request: DataSubjectRequest, now: datetime) -> int:
    """Unless more was erased while the files were wiped, or a mail was queued."""
    unchanged = DataSubjectRequest.objects.filter(pk=request.pk, erased_at=request.erased_at)
    return unchanged.mailed_out().update(verified_at=now)


def verify_again(requests: QuerySet[DataSubjectRequest]) -> int:
    """Something of these persons is deleted after the proof, as the mail with their answer is: the files are wiped
    once more, and it is dated anew. Called before it is deleted, in the transaction that queues the mail. Gives how
    many erasures that concerns.
    """
    return requests.filter(erased_at__isnull=False).update(verified_at=None)


def wipe_after_retention(now: datetime) -> int:
    """Worker job: leave nothing of what retention erased in the files; gives how many days that settled."""
    runs = list(RetentionRun.objects.to_wipe()) if not _pauses() else []
    return sum(_mark_wiped(run, now) for run in runs) if runs and _wiped(now) else 0


def _mark_wiped(run: RetentionRun, now: datetime) -> int:
    """Unless more was erased while the files were wiped."""
    return RetentionRun.objects.filter(pk=run.pk, receipt=run.receipt).update(wiped_at=now)


def _wiped(now: datetime) -> bool:
    if not traces.is_a_good_time(now):
        return False
    if not traces.wipe():
        missing = traces.missing_rights()
        cache.set(_WIPE_PAUSE, missing, PAUSE_WITHOUT_RIGHTS if missing else PAUSE_AFTER_READER)
        return False
    return True


def _pauses() -> bool:
    """Whether the last try failed a moment ago, or for want of rights that are wanting still."""
    missing: list[str] | None = cache.get(_WIPE_PAUSE)
    return missing == [] or (missing is not None and traces.missing_rights() == missing)


def left_over(request: DataSubjectRequest) -> tuple[Step, ...]:
    """What an erasure would still have to do: something came in after it, or a holding fell short.

    Not the request itself: once answered, its text has its own period.
    """
    steps = erasure.verify(request.subject(), request.scope)
    return tuple(step for step in steps if set(step.rows) - {request.pk})


def tell_journal(now: datetime) -> int:
    """Worker job: have the journal's new lines mailed to the operator; gives how many lines were queued."""
    told = journal.told_position()
    if journal.newest_number() <= told or _is_queued(last := journal.position()):
        return 0
    outbox.queue(JOURNAL.name, facts={"first": told + 1, "last": last}, now=now)
    return last - told


def _is_queued(last: int) -> bool:
    """Whether the mail with this line is on its way. One that a restore held is not: its lines are no old news."""
    mail = outbox.mail_about(NOTHING, JOURNAL.name)
    return mail is not None and mail.state != State.HELD and mail.facts.get("last") == last


def _would_go(now: datetime) -> Iterator[tuple[Text, int]]:
    for step in erasure.due(deadlines.local_date(now)).destructive:
        yield registry.source(step.source).describe().title, len(step.rows)


@clock.destroys_by_time(_would_go)
def run_retention(now: datetime) -> int:
    """Worker job, once a day: erase what fell due since the last run; gives how many rows went."""
    if RetentionRun.objects.filter(day=deadlines.local_date(now)).exists():
        return 0
    return erase_due(now)


def erase_due(now: datetime) -> int:
    """Erase what fell due since the last run, with its proof; gives how many rows went.

    What was due before that and is here nevertheless (a setting was shortened, old data were filed) is
    asked about: `erase_overdue`. Raises ClockInDoubt, PlanOutdated.
    """
    today = deadlines.local_date(now)
    since = RetentionRun.objects.last_day(today)
    return _erase_due(now, since=since, plan_hash=erasure.due(today, since=since).hash)


def overdue(now: datetime) -> Plan | None:
    """What should have gone with the last run, and does not go without the operator's word; None: nothing."""
    since = RetentionRun.objects.last_day(deadlines.local_date(now))
    plan = erasure.due(since) if since else None
    return plan if plan and plan.destructive else None


def erase_overdue(now: datetime, *, plan_hash: str) -> int:
    """The operator says that what `overdue` shows may go; gives how many rows went. Raises as `erase_due`."""
    since = RetentionRun.objects.last_day(deadlines.local_date(now)) or deadlines.local_date(now)
    return _erase_due(now, day=since, plan_hash=plan_hash)


def _erase_due(now: datetime, *, day: date | None = None, since: date | None = None, plan_hash: str) -> int:
    today = deadlines.local_date(now)
    with transaction.atomic():
        receipt = erasure.erase_due(day or today, since=since, plan_hash=plan_hash, now=now)
        run, _made = RetentionRun.objects.get_or_create(day=today)
        run.receipt = [*run.receipt, *(list(line) for line in receipt.done)]
        run.wiped_at = None if receipt.done else run.wiped_at
        run.save()
    return sum(count for _source, _action, count, *_names in receipt.done)


@transaction.atomic
def erase_by_hand(step: Step, *, plan_hash: str, by: Operator, kind: str, reason: str, now: datetime) -> Receipt:
    """Erase what an operator wants gone, with the journal before it and a reason in the audit trail.

    What is left of it in the files goes with the traces of the last retention. Raises PlanOutdated, ClockInDoubt.
    """
    receipt = erasure.erase_step(replace(step, title=_("deleted by hand")), plan_hash=plan_hash, now=now)
    for row in step.rows:
        audit.note(Act.ERASED, actor=Actor.OPERATOR, operator=by, kind=kind, key=row, reason=reason)
    today = deadlines.local_date(now)
    run = RetentionRun.objects.filter(day__lte=today).first() or RetentionRun(day=today - timedelta(days=1))
    run.receipt, run.wiped_at = [*run.receipt, *(list(line) for line in receipt.done)], None
    run.save()
    return receipt


def is_told(request: DataSubjectRequest) -> bool:
    """Whether the person can be told: that it is gone, or, where nobody can see that, that it is logically gone."""
    is_done = request.verified_at or (request.erased_at and traces.missing_rights())
    return bool(is_done) and journal.told_position() >= journal.position()
