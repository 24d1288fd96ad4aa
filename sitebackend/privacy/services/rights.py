"""Rectification, restriction and objection (Art. 16, 18, 21 GDPR), each with its effect in the data.

What must never happen: the person is told that a right was granted and nothing changed, or a restore undoes
it. So each verb changes the rows, with the journal's line before it, and notes on the request what it did; the
answer "carried out" waits for that note (`answer.finish`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend.models import Operator
from sitebackend.privacy import journal, registry
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Closable, Correctable, Item, Measure
from sitebackend.privacy.restriction import services as restriction

Done = tuple[str, str, int]  # holding, measure, number of rows


def restrictable(request: DataSubjectRequest) -> list[Item]:
    """What of the person can be kept without being used."""
    return registry.restrictable(request.statement.subject())


def correctable(request: DataSubjectRequest) -> list[Correctable]:
    """The rows of the person whose values can be corrected."""
    subject = request.statement.subject()
    return [row for source in registry.sources() for row in source.correctable(subject)]


def closable(request: DataSubjectRequest) -> list[Closable]:
    """The purposes that the person's data are open for and that an objection closes."""
    subject = request.statement.subject()
    return [purpose for source in registry.sources() for purpose in source.closable(subject)]


@transaction.atomic
def restrict(request: DataSubjectRequest, *, by: Operator, now: datetime) -> int:
    """Let nobody use what is held on the person; gives how many rows that concerns. Raises Refused."""
    _require_open(request)
    done: list[Done] = []
    for source in registry.sources():
        rows = [UUID(item.identifier) for item in restrictable(request) if item.source == source.name]
        if rows:
            done.append((source.name, Measure.RESTRICT, len(rows)))
            restriction.restrict(source.name, rows, now=now)
    if not done:
        raise Refused(_("Nothing is held that could be restricted."))
    _note(request, done, by, now)
    return sum(count for _source, _measure, count in done)


@transaction.atomic
def correct(request: DataSubjectRequest, *, row: UUID, values: Mapping[str, str], by: Operator, now: datetime) -> None:
    """Take over the values of one row that the person says are right. Raises Refused, ValidationError."""
    _require_open(request)
    found = next((found for found in correctable(request) if found.row == row), None)
    if found is None:
        raise Refused(_("There is no such record of this person any more."))
    known = {name: value for name, value in values.items() if name in found.values}
    if all(found.values[name][1] == value for name, value in known.items()):
        raise Refused(_("Nothing is different from what is held."))
    registry.source(found.source).correct(row, known)
    journal.append([(found.source, Measure.CORRECT, [row])], now=now)  # before the commit, and not for a refusal
    restriction.corrected([row])
    _note(request, [(found.source, Measure.CORRECT, 1)], by, now)


@transaction.atomic
def close(request: DataSubjectRequest, *, keys: Collection[str], by: Operator, now: datetime) -> int:
    """Close the chosen purposes; gives how many. Raises Refused."""
    _require_open(request)
    chosen = [purpose for purpose in closable(request) if purpose.key in keys]
    if not chosen or len(chosen) != len(set(keys)):
        raise Refused(_("Choose among the purposes that are shown."))
    for purpose in chosen:
        source = registry.source(purpose.source)
        source.close(purpose.row, purpose.purpose, by=by, channel=request.channel, at=now)
    _note(request, [(purpose.source, f"art-21-{purpose.purpose}", 1) for purpose in chosen], by, now)
    return len(chosen)


def _require_open(request: DataSubjectRequest) -> None:
    if request.answered_at:
        raise Refused(_("The request is answered."))
    if not request.identity:
        raise Refused(_("First settle who asks."))


def _note(request: DataSubjectRequest, done: Sequence[Done], by: Operator, now: datetime) -> None:
    request.carried_out_at, request.carried_out_by = now, by
    request.carried_out = [*(request.carried_out or []), *(list(line) for line in done)]
    request.save()
