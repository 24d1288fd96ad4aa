"""The audit trail: who did what to whose data, read together from where it is written down.

What must never happen: the trail tells what the erased were. The admin's history names rows by kind and key
and says which fields (`admin_site`), the vault's log whose contents were opened, `audit` notes the rest:
logins, commands, keys, backups, what a person fetched. After an erasure a key leads to nothing any more.
All three end together (`retention.TRAIL_YEARS`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import QuerySet, Value
from django.db.models.functions import StrIndex, Substr
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from sitebackend import retention
from sitebackend.models import Actor, Event
from sitebackend.monitoring import clock
from sitebackend.privacy import registry
from sitebackend.vault.models import VaultEvent

EVERY = 60 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Line:
    """Who did what, when, on which row. `detail`: names of fields, or the step of a request."""

    at: datetime
    who: str
    what: str
    kind: str
    key: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the trail is asked for; empty: all of it. `kind`: a model, as in "customers.customer"."""

    operator: UUID | None = None  #: key of an account
    kind: str = ""
    key: str = ""
    since: date | None = None
    until: date | None = None  #: this day included


def lines(wanted: Wanted, *, start: int, number: int) -> list[Line]:
    """`number` lines from `start` on, the newest first."""
    end = start + number
    parts = (
        _spoken(_of_history, _history(wanted)[:end]),
        _spoken(_of_vault, _vault_log(wanted)[:end]),
        _spoken(_of_event, _events(wanted)[:end]),
    )
    return list(islice(merge(*parts, key=lambda line: line.at, reverse=True), start, end))


def kinds() -> dict[str, str]:
    """Every kind of row that the trail may speak of → what the operator calls it."""
    used = ContentType.objects.filter(pk__in=LogEntry.objects.values("content_type"))
    labels = {f"{kind.app_label}.{kind.model}" for kind in used}
    labels |= set(Event.objects.exclude(kind="").values_list("kind", flat=True).distinct())
    opened = VaultEvent.objects.filter(holding__contains="|").order_by()
    before_bar = Substr("holding", 1, StrIndex("holding", Value("|")) - 1)
    labels |= set(opened.annotate(model=before_bar).values_list("model", flat=True).distinct())
    named = {label: name_of(label) for label in labels}
    return dict(sorted(named.items(), key=lambda pair: pair[1]))


def name_of(kind: str) -> str:
    """A model or a holding in the operator's words."""
    holdings = {source.name: source for source in registry.sources()}
    if kind in holdings:
        return str(holdings[kind].describe().title)
    try:
        return capfirst(str(apps.get_model(kind)._meta.verbose_name))
    except (LookupError, ValueError):
        return kind


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("lines of the audit trail"), sum(rows.count() for rows in _past_period(now))
    yield _("sessions"), Session.objects.filter(expire_date__lt=now).count()


@clock.destroys_by_time(_would_go)
def sweep(now: datetime) -> int:
    """Worker job, once an hour: forget what had its time, and sessions that are over; gives how many rows."""
    if not cache.add("privacy.trail.swept", 1, EVERY):
        return 0
    return sum(rows.delete()[0] for rows in (*_past_period(now), Session.objects.filter(expire_date__lt=now)))


def _past_period(now: datetime) -> tuple[QuerySet[LogEntry], QuerySet[Event]]:
    first_kept = retention.midnight(retention.first_kept_day(timezone.localdate(now), retention.TRAIL_YEARS))
    return LogEntry.objects.filter(action_time__lt=first_kept), Event.objects.filter(at__lt=first_kept)


def _history(wanted: Wanted) -> QuerySet[LogEntry]:
    rows = LogEntry.objects.select_related("user", "content_type").order_by("-action_time")
    rows = _within(rows, "action_time", wanted)
    if wanted.operator:
        rows = rows.filter(user=wanted.operator)
    if wanted.kind:
        app, _dot, model = wanted.kind.partition(".")
        rows = rows.filter(content_type__app_label=app, content_type__model=model)
    return rows.filter(object_id=wanted.key) if wanted.key else rows


def _vault_log(wanted: Wanted) -> QuerySet[VaultEvent]:
    rows = _within(VaultEvent.objects.select_related("operator").order_by("-at"), "at", wanted)
    if wanted.operator:
        rows = rows.filter(operator=wanted.operator)
    if wanted.kind:
        rows = rows.filter(holding__startswith=f"{wanted.kind}|")
    return rows.filter(holding__endswith=f"|{wanted.key}") if wanted.key else rows


def _events(wanted: Wanted) -> QuerySet[Event]:
    rows = _within(Event.objects.select_related("operator").order_by("-at"), "at", wanted)
    asked = {"operator": wanted.operator, "kind": wanted.kind, "key": wanted.key}
    return rows.filter(**{name: value for name, value in asked.items() if value})


def _within(rows: QuerySet[Any], column: str, wanted: Wanted) -> QuerySet[Any]:
    if wanted.since:
        rows = rows.filter(**{f"{column}__gte": retention.midnight(wanted.since)})
    if wanted.until:
        rows = rows.filter(**{f"{column}__lt": retention.midnight(wanted.until + timedelta(days=1))})
    return rows


def _spoken(speak: Any, rows: QuerySet[Any]) -> Iterator[Line]:
    return (speak(row) for row in rows)


def _of_history(entry: LogEntry) -> Line:
    acts = {ADDITION: _("added"), CHANGE: _("changed"), DELETION: _("deleted")}
    kind = f"{entry.content_type.app_label}.{entry.content_type.model}" if entry.content_type else ""
    detail = _detail(entry)
    who = entry.user.get_username()
    return Line(entry.action_time, who, acts.get(entry.action_flag, ""), kind, entry.object_id or "", detail)


def _detail(entry: LogEntry) -> str:
    """The fields that were changed, or the step of a request; an addition or a deletion says all by itself."""
    steps = {
        "acknowledged": _("acknowledged"),
        "matched": _("identity: fits what is held"),
        "nothing-held": _("identity: nothing is held"),
        "link": _("identity: asked by link"),
        "pause": _("identity asked for, clock stopped"),
        "extend": _("deadline extended"),
        "erase": _("erased as previewed"),
        "access": _("copy handed over"),
        "restrict": _("restricted"),
        "correct": _("corrected"),
        "close": _("purposes closed"),
        "finish": _("answered"),
    }
    message = entry.get_change_message()
    return steps.get(message, message) if entry.action_flag == CHANGE else ""


def _of_vault(event: VaultEvent) -> Line:
    kind, _bar, key = event.holding.partition("|")
    who = event.operator.get_username() if event.operator else str(Actor.SHELL.label)
    return Line(event.at, who, str(event), kind, key)


def _of_event(event: Event) -> Line:
    who = event.operator.get_username() if event.operator else event.get_actor_display()
    return Line(event.at, who, event.get_act_display(), event.kind, event.key, event.get_reason_display())
