"""Erasing: the plan is the preview, and only what was previewed is done.

What must never happen: more or less goes than was shown, something is reported as done that is not, or a
restored backup brings somebody back. So a plan carries a hash over the rows as they were; carrying it out
makes the plan again inside the transaction, with the rows locked, and refuses unless both are the same; the
journal's lines are on the disk before the first row goes; and each holding's count must come out as planned,
or everything is rolled back. Killed at any point, the whole can be repeated.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend.mail import services as outbox
from sitebackend.privacy import journal, registry
from sitebackend.privacy.registry import Action, DataSubject, Measure, Step
from sitebackend.privacy.restriction import services as restriction


class PlanOutdated(Exception):
    """Something changed since the preview; nothing was erased."""


class ErasureIncomplete(Exception):
    """A holding did not do what the plan says; nothing was erased."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What erasing would do, holding by holding."""

    steps: tuple[Step, ...]

    @property
    def hash(self) -> str:
        """SHA-256 over what happens to which rows, as they are now."""
        facts = [(s.source, s.action, sorted(map(str, s.rows)), s.version, str(s.until)) for s in self.steps]
        return hashlib.sha256(json.dumps(sorted(facts)).encode()).hexdigest()

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
    """What was done: (holding, action, number of rows), and the journal's last number."""

    done: tuple[tuple[str, str, int], ...]
    journal_number: int


def plan(subject: DataSubject, scope: Collection[str] = ()) -> Plan:
    """What erasing would do to this person's data; `scope` names the holdings, none means all."""
    sources = [source for source in registry.sources() if not scope or source.name in scope]
    return Plan(tuple(step for source in sources for step in source.plan(subject)))


def due(today: date) -> Plan:
    """What retention says must go today."""
    return Plan(tuple(step for source in registry.sources() for step in source.due(today)))


@transaction.atomic
def erase(subject: DataSubject, scope: Collection[str] = (), *, plan_hash: str, now: datetime) -> Receipt:
    """Carry out the plan that was previewed. Raises PlanOutdated if it is no longer that plan."""
    return _carry_out(plan(subject, scope), plan_hash, now)


@transaction.atomic
def erase_due(today: date, *, plan_hash: str, now: datetime) -> Receipt:
    """Carry out what `due` showed. Raises PlanOutdated if it is no longer that plan."""
    return _carry_out(due(today), plan_hash, now)


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


def replay(entries: Sequence[journal.Entry]) -> int:
    """Do again, on a restored database, what the journal says; gives how many rows were still there.

    What came after a line counts more than the line: restrictions come last, in the order in which they came.
    """
    measures = [entry for entry in entries if entry.action in Measure]
    erasures = [entry for entry in entries if entry.action not in Measure]
    done = 0
    with transaction.atomic():
        for entry in sorted(erasures, key=lambda entry: registry.source(entry.source).erased_after):
            done += registry.source(entry.source).erase_again(Action(entry.action), entry.rows)
            _forget(entry.action, entry.rows)
        for entry in measures:
            restriction.again(entry)
    return done


def left_after(entries: Sequence[journal.Entry]) -> int:
    """How many rows are there that these lines of the journal say were deleted; 0 once they were replayed."""
    deleted = [entry for entry in entries if entry.action == Action.DELETE]
    return sum(registry.source(entry.source).left_of(entry.rows) for entry in deleted)


def _carry_out(current: Plan, plan_hash: str, now: datetime) -> Receipt:
    if current.hash != plan_hash:
        raise PlanOutdated(_("The data changed after the preview. Nothing was erased; look at the new preview."))
    steps = current.destructive
    number = journal.append([(step.source, step.action, step.rows) for step in steps], now=now)
    done = tuple((step.source, str(step.action), _carry_out_step(step)) for step in steps)
    return Receipt(done=done, journal_number=number)


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
