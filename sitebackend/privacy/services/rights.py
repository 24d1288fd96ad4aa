"""Rectification, restriction and objection (Art. 16, 18, 21 GDPR), each with its effect in the data.

What must never happen: the person is told that a right was granted and nothing changed, or a restore undoes
it. So each verb changes the rows in one transaction with the journal's line, and `carry_out` notes on the request
what was done; the answer "carried out" waits for that note (`answer.finish`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend.models import Operator
from sitebackend.privacy import journal, registry
from sitebackend.privacy.models import DataSubjectRequest, Kind
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Closable, Correctable, DataSubject, Measure
from sitebackend.privacy.restriction import services as restriction
from sitebackend.privacy.services import recipients

Done = tuple[str, str, int]  # holding, measure, number of rows


def correctable(subject: DataSubject) -> list[Correctable]:
    """The rows of the person whose values can be corrected."""
    return [row for source in registry.sources() for row in source.correctable(subject)]


def closable(subject: DataSubject) -> list[Closable]:
    """The purposes that the person's data are open for and that an objection closes."""
    return [purpose for source in registry.sources() for purpose in source.closable(subject)]


@transaction.atomic
def restrict(subject: DataSubject, *, now: datetime) -> list[Done]:
    """Let nobody use what is held on the person. Raises Refused."""
    items = registry.restrictable(subject)
    done: list[Done] = []
    for holding in sorted({item.source for item in items}):
        rows = [UUID(item.identifier) for item in items if item.source == holding]
        restriction.restrict(holding, rows, now=now)
        done.append((holding, Measure.RESTRICT, len(rows)))
    if not done:
        raise Refused(_("Nothing is held that could be restricted."))
    return done


@transaction.atomic
def correct(subject: DataSubject, *, row: UUID, values: Mapping[str, str], now: datetime) -> list[Done]:
    """Take over the values of one row that the person says are right. Raises Refused, ValidationError."""
    found = next((found for found in correctable(subject) if found.row == row), None)
    if found is None:
        raise Refused(_("There is no such record of this person any more."))
    known = {name: value for name, value in values.items() if name in found.values}
    if all(found.values[name][1] == value for name, value in known.items()):
        raise Refused(_("Nothing is different from what is held."))
    registry.source(found.source).correct(row, known)
    journal.append([(found.source, Measure.CORRECT, [row])], now=now)  # before the commit, and not for a refusal
    restriction.corrected([row])
    return [(found.source, Measure.CORRECT, 1)]


@transaction.atomic
def close(
    subject: DataSubject, *, keys: Collection[str], by: Operator | None, channel: str, now: datetime
) -> list[Done]:
    """Close the chosen purposes, named by their `Closable.key`. Raises Refused."""
    chosen = [purpose for purpose in closable(subject) if purpose.key in keys]
    if not chosen or len(chosen) != len(set(keys)):
        raise Refused(_("Choose among the purposes that are shown."))
    for purpose in chosen:
        registry.source(purpose.source).close(purpose.row, purpose.purpose, by=by, channel=channel, at=now)
    return [(purpose.source, f"art-21-{purpose.purpose}", 1) for purpose in chosen]


@transaction.atomic
def carry_out(
    request: DataSubjectRequest, deed: Callable[[DataSubject], Sequence[Done]], *, by: Operator, now: datetime
) -> None:
    """Do one of the above for the person of a request, and note on it what was done. Raises what `deed` raises."""
    if request.answered_at:
        raise Refused(_("The request is answered."))
    if not request.identity:
        raise Refused(_("First settle who asks."))
    if request.kind in (Kind.RECTIFICATION, Kind.RESTRICTION):
        recipients.note_received(request)
    done = deed(request.subject())
    request.carried_out_at, request.carried_out_by = now, by
    request.carried_out = [*(request.carried_out or []), *(list(line) for line in done)]
    request.save()
