"""What the operator must know of the pages: what goes live by itself, and which links lead nowhere."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.findings import Finding, Level, report
from sitebackend.monitoring import clock
from sitebackend.pages import essential
from sitebackend.pages.models import DeadLink, Page, Revision

clock.witness_rows(Revision, "created_at")


@report
def scheduled(now: datetime) -> Iterator[Finding]:
    pages = Page.objects.kept().filter(status=Page.Status.PUBLISHED)
    whole = Page.objects.scheduled(now).values_list("published_at", flat=True)
    drafts = Revision.objects.filter(page__in=pages, publish_at__gt=now).values_list("publish_at", flat=True)
    times = [time for time in (*whole, *drafts) if time]
    if times:
        text = ngettext(
            "{count} text goes live by itself, on {time}",
            "{count} texts go live by themselves, the next on {time}",
            len(times),
        )
        first = date_format(timezone.localtime(min(times)), "SHORT_DATETIME_FORMAT")
        yield Finding(
            area=_("Scheduled"),
            level=Level.FINE,
            text=text.format(count=len(times), time=first),
            url=reverse("admin:pages_page_changelist"),
            code="pages.scheduled",
            figure=len(times),
        )


@report
def essential_pages(now: datetime) -> Iterator[Finding]:
    for page, address in essential.missing():
        yield Finding(
            area=_("Pages"),
            level=Level.ALARM if page.is_law else Level.WARNING,
            text=_("{name}: {address} shows no such page. {loss}").format(
                name=page.name, address=address, loss=page.loss
            ),
            next_step=_("Publish it at this address with its layout, or restore it from the trash."),
            url=reverse("admin:pages_page_changelist"),
            code="pages.essential",
        )


@report
def dead_links(now: datetime) -> Iterator[Finding]:
    if count := DeadLink.objects.count():
        text = ngettext("{count} leads to no page", "{count} lead to no page", count)
        yield Finding(
            area=_("Links on the site"),
            level=Level.FINE,
            text=text.format(count=count),
            url=reverse("admin:pages_deadlink_changelist"),
            code="pages.dead_links",
            figure=count,
        )
