"""The audit trail: who did what to whose data, and until when that is known."""

from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from sitebackend import retention

EVERY = 60 * 60  # seconds


def sweep(now: datetime) -> int:
    """Worker job, once an hour: forget actions that had their time, and sessions that are over; gives how many."""
    if not cache.add("privacy.trail.swept", 1, EVERY):
        return 0
    first_kept = retention.midnight(retention.first_kept_day(timezone.localdate(now), retention.TRAIL_YEARS))
    old = LogEntry.objects.filter(action_time__lt=first_kept)
    return sum(rows.delete()[0] for rows in (old, Session.objects.filter(expire_date__lt=now)))
