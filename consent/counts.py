"""How often which edition was answered how: numbers per day, and nothing that leads to a visitor.

What must never happen: counting costs a visitor the choice. So it happens in a transaction of its own that
waits a quarter of a second at most for the database, and a failure is only logged.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from consent.models import DailyCount, Decision

logger = logging.getLogger(__name__)

PATIENCE = 250  # milliseconds


def count(*, edition: str, accepted: Iterable[str], refused: Iterable[str]) -> None:
    """Add one to today's number of each decision. Never raises a database error."""
    decisions = [(group, Decision.ACCEPTED) for group in accepted] + [(group, Decision.REFUSED) for group in refused]
    try:
        with _little_patience(), transaction.atomic():
            for group, decision in decisions:
                _add_one(edition, group, decision)
    except DatabaseError:
        logger.exception("a cookie choice could not be counted")


def _add_one(edition: str, group: str, decision: Decision) -> None:
    row, _ = DailyCount.objects.get_or_create(day=timezone.localdate(), digest=edition, group=group, decision=decision)
    DailyCount.objects.filter(pk=row.pk).update(count=F("count") + 1)


@contextmanager
def _little_patience() -> Iterator[None]:
    """The database's own patience with locks, shortened for this block."""
    short, usual = f"SET lock_timeout={PATIENCE}", "RESET lock_timeout"
    if connection.vendor == "sqlite":
        seconds = connection.settings_dict["OPTIONS"].get("timeout", 5)
        short, usual = f"PRAGMA busy_timeout={PATIENCE}", f"PRAGMA busy_timeout={int(seconds * 1000)}"
    with connection.cursor() as cursor:
        cursor.execute(short)
        try:
            yield
        finally:
            cursor.execute(usual)
