"""What the operator must know: breaches with their hours, and whether retention ran."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.findings import Finding, Level, report
from sitebackend.privacy.models import RetentionRun
from sitebackend.privacy.papers import breaches
from sitebackend.privacy.papers.models import Breach


@report
def open_breaches(now: datetime) -> Iterator[Finding]:
    """The one whose hours end first speaks for all that are undecided; each other open one says what it lacks."""
    undecided = sorted(Breach.objects.undecided(), key=lambda breach: breach.report_by)
    if undecided:
        yield _clock(undecided[0], len(undecided), now)
    others = Breach.objects.open().exclude(pk__in=[breach.pk for breach in undecided])
    for breach in others:
        yield _open(breach)
    if not undecided and not others:
        url = reverse("admin:papers_breach_changelist")
        yield Finding(_("Breaches"), Level.FINE, _("none is open"), url=url, code="papers.breaches", figure=0)


@report
def retention(now: datetime) -> Iterator[Finding]:
    """It runs every day; a day without it is told."""
    last = RetentionRun.objects.filter(day__lte=timezone.localdate(now)).order_by("-day").first()
    day = date_format(last.day, "SHORT_DATE_FORMAT") if last else ""
    if last and last.day >= timezone.localdate(now) - timedelta(days=1):
        rows = sum(count for _source, _action, count, *_names in last.receipt)
        yield Finding(
            area=_("Retention"),
            level=Level.FINE,
            text=ngettext("{day}: {n} row went", "{day}: {n} rows went", rows).format(day=day, n=rows),
            url=reverse("admin:privacy_retentionrun_changelist"),
            code="privacy.retention",
            figure=rows,
        )
        return
    yield Finding(
        area=_("Retention"),
        level=Level.WARNING,
        text=(
            _("What has had its time was last erased on {day}.").format(day=day)
            if last
            else _("What has had its time was never erased yet.")
        ),
        next_step=_("See that the worker runs; or manage.py retention run --yes."),
        url=reverse("admin:privacy_retentionrun_changelist"),
        code="privacy.retention",
    )


def _clock(breach: Breach, count: int, now: datetime) -> Finding:
    hours = breach.hours_left(now)
    until = date_format(timezone.localtime(breach.report_by), "SHORT_DATETIME_FORMAT")
    words = (
        ngettext(
            "{n} hour left to report a breach: until {until}.",
            "{n} hours left to report a breach: until {until}.",
            hours,
        )
        if hours >= 0
        else _("The 72 hours to report a breach ended on {until}.")
    )
    more = ngettext(" {n} breach is undecided.", " {n} breaches are undecided.", count) if count > 1 else ""
    return Finding(
        area=_("Breaches"),
        level=Level.ALARM,
        text=words.format(n=hours, until=until) + more.format(n=count),
        next_step=_("Judge the risk; report it to the supervisory authority, or say why a risk is unlikely."),
        url=reverse("admin:papers_breach_change", args=[breach.pk]),
        code="papers.breach_clock",
        figure=hours,
    )


def _open(breach: Breach) -> Finding:
    left = list(breaches.missing(breach))
    return Finding(
        area=_("Breaches"),
        level=Level.WARNING,
        text=_("Entry {reference} is not closed.").format(reference=breach.reference),
        next_step=" ".join(left) or _("Nothing is missing: close it."),
        url=reverse("admin:papers_breach_change", args=[breach.pk]),
        code="papers.breach_open",
        figure=len(left),
    )
