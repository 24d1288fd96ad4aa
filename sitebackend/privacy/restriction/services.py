"""Rows are restricted, and released again; a restored backup is brought to the same state by the journal."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sitebackend.privacy import journal, registry
from sitebackend.privacy.registry import Measure
from sitebackend.privacy.restriction.models import Reason, Restriction


@transaction.atomic
def restrict(holding: str, rows: Collection[UUID], *, now: datetime) -> int:
    """Keep these rows without using them; gives how many were not restricted before."""
    new = _without(rows, Reason.ASKED)
    if new:
        journal.append([(holding, Measure.RESTRICT, new)], now=now)
        _put(holding, new, Reason.ASKED, now)
    return len(new)


@transaction.atomic
def release(restriction: Restriction, *, now: datetime) -> None:
    """Let the row be used again; the person must have been told before (Art. 18(3) GDPR)."""
    if restriction.reason == Reason.ASKED:
        journal.append([(restriction.holding, Measure.RELEASE, [restriction.row])], now=now)
    restriction.delete()


def again(entry: journal.Entry) -> None:
    """Do on a restored database what the journal says was done: restrict, release, or correct.

    A corrected value is nowhere but in the row. Where a restore brings the old one back, nobody may use it
    until the operator has corrected it anew.
    """
    if entry.action == Measure.RELEASE:
        Restriction.objects.on(entry.rows).asked().delete()
        return
    reason = Reason.ASKED if entry.action == Measure.RESTRICT else Reason.RESTORED
    present = registry.source(entry.source).present(entry.rows)
    _put(entry.source, _without(present, reason), reason, entry.at)


def corrected(rows: Collection[UUID]) -> None:
    """The operator put right what a restore had brought back."""
    Restriction.objects.on(rows).restored().delete()


def forget(rows: Collection[UUID]) -> None:
    """The rows are gone: no key of them stays here."""
    Restriction.objects.on(rows).delete()


def _put(holding: str, rows: Collection[UUID], reason: Reason, now: datetime) -> None:
    Restriction.objects.bulk_create(Restriction(row=row, holding=holding, reason=reason, since=now) for row in rows)


def _without(rows: Collection[UUID], reason: Reason) -> list[UUID]:
    """Those of `rows` that have no such restriction yet."""
    known = set(Restriction.objects.on(rows).filter(reason=reason).values_list("row", flat=True))
    return sorted(set(rows) - known)
