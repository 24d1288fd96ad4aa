"""What the operator must know of the outbox: how long mails wait, and which need a decision."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.findings import Finding, Level, report
from sitebackend.mail import kinds
from sitebackend.mail.models import OutgoingMail, OutgoingMailQuerySet, State
from sitebackend.monitoring import clock

WARN_AFTER = timedelta(minutes=15)
ALARM_AFTER = timedelta(hours=4)

clock.witness_rows(OutgoingMail, "queued_at")


@report
def queue(now: datetime) -> Iterator[Finding]:
    for code, area, mails in _by_report():
        waiting = mails.waiting().usable()
        oldest = waiting.order_by("queued_at").first()
        age = now - oldest.queued_at if oldest else timedelta()
        if oldest is None or age < WARN_AFTER:
            count = waiting.count()
            text = ngettext("{count} mail is waiting.", "{count} mails are waiting.", count).format(count=count)
            yield Finding(area, Level.FINE, text, code=f"{code}.queue", figure=count)
        else:
            yield _stuck(code, area, age, oldest.last_reply)


@report
def undeliverable(now: datetime) -> Iterator[Finding]:
    for code, area, mails in _by_report():
        if count := mails.undeliverable().count():
            yield Finding(
                area=area,
                level=Level.ALARM,
                text=ngettext(
                    "{count} mail could not be delivered.", "{count} mails could not be delivered.", count
                ).format(count=count),
                next_step=_("Read the mail server's answer there, correct the cause, and send again."),
                url=_list_of(State.UNDELIVERABLE),
                holds_up_mail=True,
                code=f"{code}.undeliverable",
                figure=count,
            )


@report
def held(now: datetime) -> Iterator[Finding]:
    """A restored outbox may hold mails that went out after the backup: only the operator knows."""
    if count := OutgoingMail.objects.held().count():
        yield Finding(
            area=_("Outgoing mail"),
            level=Level.WARNING,
            text=ngettext(
                "{count} mail from before the restore is held.",
                "{count} mails from before the restore are held.",
                count,
            ).format(count=count),
            next_step=_("They may have gone out already. Look at them, and send them or give them up."),
            url=_list_of(State.HELD),
            code="mail.held",
            figure=count,
        )


def _stuck(code: str, area: str | Promise, age: timedelta, reply: str) -> Finding:
    words = _("Mails have been waiting for {minutes} minutes. {reply}")
    return Finding(
        area=area,
        level=Level.ALARM if age >= ALARM_AFTER else Level.WARNING,
        text=words.format(minutes=int(age.total_seconds() // 60), reply=reply).strip(),
        next_step=_("See that the worker runs and that EMAIL_URL names a mail server that takes them."),
        url=_list_of(State.RETRYING),
        holds_up_mail=age >= ALARM_AFTER,
        code=f"{code}.queue",
        figure=age.total_seconds(),
    )


def _by_report() -> Iterator[tuple[str, str | Promise, OutgoingMailQuerySet]]:
    areas: dict[str, Any] = {kind.report: kind.area for kind in kinds.registered()}
    for code, area in areas.items():
        names = [kind.name for kind in kinds.registered() if kind.report == code]
        yield code, area, OutgoingMail.objects.filter(kind__in=names)


def _list_of(state: State) -> str:
    return f"{reverse('admin:mail_outgoingmail_changelist')}?state__exact={state.value}"
