"""Erasing: the plan is the preview, and only what was previewed is done.

What must never happen: more or less goes than was shown, something is reported as done that is not, or a
restored backup brings somebody back. So a plan carries a hash over the rows as they were; carrying it out
makes the plan again inside the transaction, with the rows locked, and refuses unless both are the same; the
journal's lines are on the disk before the first row goes; and each holding's count must come out as planned,
or everything is rolled back. Killed at any point, the whole can be repeated.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend.mail import services as outbox
from sitebackend.monitoring import clock
from sitebackend.privacy import journal, registry
from sitebackend.privacy.journal_line import Cause
from sitebackend.privacy.registry import Action, DataSubject, Measure, Step
from sitebackend.privacy.restriction import services as restriction

Done = tuple[str, str, int, *tuple[str, ...]]  #: holding, action, number of rows, and the names that they have


class PlanOutdated(Exception):
    """Something changed since the preview; nothing was erased."""


class ErasureIncomplete(Exception):
    """A holding did not do what the plan says; nothing was erased."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What erasing would do, holding by holding."""

    steps: tuple[Step, ...]
    persons: frozenset[str] | None = None  #: who was chosen of those whom the words lead to

    @property
    def hash(self) -> str:
        """SHA-256 over what happens to which rows, as they are now, and over who is meant."""
        facts = [
            (s.source, s.action, sorted(map(str, s.rows)), s.version, str(s.until))
            for s in self.steps
            if not s.moves_by_itself
        ]
        meant = [] if self.persons is None else [sorted(self.persons)]
        return hashlib.sha256(json.dumps([*sorted(facts), *meant]).encode()).hexdigest()

    @property
    def destructive(self) -> tuple[Step, ...]:
        """The steps that change something, in the order in which they must be done."""
        steps = [step for step in self.steps if step.action != Action.RETAIN and step.rows]
        return tuple(sorted(steps, key=lambda step: registry.source(step.source).erased_after))

    @property
    def retained(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action == Action.RETAIN and step.rows)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done, and the journal's last number."""

    done: tuple[Done, ...]
    journal_number: int


def plan(subject: DataSubject, scope: Collection[str] = ()) -> Plan:
    """What erasing would do to this person's data; `scope` names the holdings, none means all."""
    sources = [source for source in registry.sources() if not scope or source.name in scope]
    return Plan(tuple(step for source in sources for step in source.plan(subject)), subject.persons)


def due(today: date, *, since: date | None = None) -> Plan:
    """What retention says must go today; `since`: of that only what was not due on that day."""
    steps = tuple(step for source in registry.sources() for step in source.due(today))
    before = _rows(due(since).destructive) if since else {}
    return Plan(tuple(step for step in (_without(step, before) for step in steps) if step.rows))


def _rows(steps: Sequence[Step]) -> dict[str, set[UUID]]:
    rows: dict[str, set[UUID]] = {}
    for step in steps:
        rows.setdefault(step.source, set()).update(step.rows)
    return rows


def _without(step: Step, before: Mapping[str, Collection[UUID]]) -> Step:
    if step.action == Action.RETAIN:
        return step
    return replace(step, rows=tuple(row for row in step.rows if row not in before.get(step.source, ())))


@transaction.atomic
def erase(subject: DataSubject, scope: Collection[str] = (), *, plan_hash: str, now: datetime) -> Receipt:
    """Carry out the plan that was previewed. Raises PlanOutdated if it is no longer that plan, ClockInDoubt."""
    return _carry_out(plan(subject, scope), plan_hash, Cause.PERSON, now)


@transaction.atomic
def erase_due(today: date, *, since: date | None = None, plan_hash: str, now: datetime) -> Receipt:
    """Carry out what `due` showed. Raises PlanOutdated if it is no longer that plan, ClockInDoubt."""
    return _carry_out(due(today, since=since), plan_hash, Cause.RETENTION, now)


@transaction.atomic
def erase_step(step: Step, *, plan_hash: str, now: datetime) -> Receipt:
    """Carry out one step that an operator saw and wants, without a request. Raises as `erase`."""
    return _carry_out(Plan((step,)), plan_hash, Cause.PERSON, now)


@transaction.atomic
def rehearse(subject: DataSubject) -> tuple[tuple[str, str, int], ...]:
    """Erase a person who never lived, without a line in the journal; gives what was done.

    A line keeps a restore from bringing somebody back. Her a restored site forgets by itself: the row that says that
    a rehearsal is under way comes back with her. So no number of the journal is used up every night.
    """
    return tuple((step.source, str(step.action), _carry_out_step(step)) for step in plan(subject).destructive)


def verify(subject: DataSubject, scope: Collection[str] = ()) -> tuple[Step, ...]:
    """What an erasure would still have to do: nothing, once it was done."""
    return plan(subject, scope).destructive


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many rows were still there and went, and the names of those that stay because a law keeps them."""

    erased: int
    kept: tuple[str, ...]


def replay(entries: Sequence[journal.Entry]) -> Replayed:
    """Do again, on a restored database, what the journal says.

    What came after a line counts more than the line: restrictions come last, in the order in which they came, and
    what was put back after retention had erased it stays. What a law keeps stays, whatever the line says.
    """
    valid = list(_without_put_back(entries))[::-1]
    kept = [name for entry in valid for name in _kept_by_law(entry).values()]
    measures = [entry for entry in valid if entry.action in Measure]
    erasures = [_lawful(entry) for entry in valid if entry.action not in Measure]
    done = 0
    with transaction.atomic():
        for entry in sorted(erasures, key=lambda entry: registry.source(entry.source).erased_after):
            done += registry.source(entry.source).erase_again(Action(entry.action), entry.rows)
            _forget(entry.action, entry.rows)
        for entry in measures:
            _measure_again(entry)
    return Replayed(done, tuple(sorted(set(kept))))


def _without_put_back(entries: Sequence[journal.Entry]) -> Iterator[journal.Entry]:
    """The lines, last first, without the rows that retention erased by a wrong clock and a restore put back later."""
    back: dict[str, set[UUID]] = {}
    for entry in reversed(entries):
        if entry.action == Measure.PUT_BACK:
            back.setdefault(entry.source, set()).update(entry.rows)
        elif entry.cause == Cause.RETENTION:
            yield _keeping(entry, back.get(entry.source, ()))
        else:
            yield entry


def _lawful(entry: journal.Entry) -> journal.Entry:
    return _keeping(entry, _kept_by_law(entry))


def _keeping(entry: journal.Entry, rows: Collection[UUID]) -> journal.Entry:
    return replace(entry, rows=tuple(row for row in entry.rows if row not in rows))


def _kept_by_law(entry: journal.Entry) -> Mapping[UUID, str]:
    return registry.source(entry.source).kept_by_law(entry.rows) if entry.action == Action.DELETE else {}


def _measure_again(entry: journal.Entry) -> None:
    if entry.mark:
        registry.source(entry.source).promise_again(entry.rows, entry.mark)
    else:
        restriction.again(entry)


def left_after(entries: Sequence[journal.Entry]) -> int:
    """How many rows are there that these lines of the journal say were deleted; 0 once they were replayed."""
    deleted = [_lawful(entry) for entry in _without_put_back(entries) if entry.action == Action.DELETE]
    return sum(registry.source(entry.source).left_of(entry.rows) for entry in deleted)


def _carry_out(current: Plan, plan_hash: str, cause: Cause, now: datetime) -> Receipt:
    clock.require()  # what no law keeps any longer is gone for good
    if current.hash != plan_hash:
        raise PlanOutdated(_("The data changed after the preview. Nothing was erased; look at the new preview."))
    steps = current.destructive
    if cause == Cause.PERSON:
        promise(current.retained, now=now)
    number = journal.append([(step.source, step.action, step.rows) for step in steps], cause=cause, now=now)
    done = tuple(_done(step) for step in steps)
    return Receipt(done=done, journal_number=number)


@transaction.atomic
def promise(steps: Sequence[Step], *, now: datetime) -> None:
    """Write on rows that stay what the person is told about their end, the journal first: retention obeys it."""
    for mark in {step.promise for step in steps if step.promise}:
        for source in sorted({step.source for step in steps if step.promise == mark}):
            rows = [row for step in steps if (step.source, step.promise) == (source, mark) for row in step.rows]
            journal.append([(source, Measure.PROMISE, rows)], mark=mark, now=now)
            registry.source(source).promise(rows, mark)


def _done(step: Step) -> Done:
    names = (str(step.title),) if step.title else ()
    return (step.source, str(step.action), _carry_out_step(step), *names)


def _carry_out_step(step: Step) -> int:
    count = registry.source(step.source).erase(step.action, step.rows)
    if count != len(step.rows):
        raise ErasureIncomplete(f"{step.source}: {count} of {len(step.rows)} rows")
    _forget(step.action, step.rows)
    return count


def _forget(action: str, rows: Collection[UUID]) -> None:
    """What else knows the keys of rows that are gone: restrictions, and mails about them."""
    if action == Action.DELETE:
        restriction.forget(rows)
        outbox.forget(rows)
