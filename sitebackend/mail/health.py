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
        waiting = mails.waiting().exclude(state=State.UNCONFIRMED).usable()
        oldest = waiting.order_by("queued_at").first()
        age = now - oldest.queued_at if oldest else timedelta()
        if blocked := waiting.filter(is_setting_wrong=True).order_by("queued_at").first():
            yield _misconfigured(code, area, blocked.last_reply, waiting.count())
        elif oldest is None or age < WARN_AFTER:
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
def unconfirmed(now: datetime) -> Iterator[Finding]:
    """The answer is missing: only the recipient, who is the operator for most, knows whether it came."""
    for code, area, mails in _by_report():
        doubtful = mails.unconfirmed()
        if count := doubtful.count():
            is_repeated = not doubtful.filter(next_attempt_at=None).exists()
            yield Finding(
                area=area,
                level=Level.WARNING if is_repeated else Level.ALARM,
                text=ngettext(
                    "{count} mail was handed over, and the mail server did not say whether it has it.",
                    "{count} mails were handed over, and the mail server did not say whether it has them.",
                    count,
                ).format(count=count),
                next_step=_still_repeated() if is_repeated else _no_more_repeated(),
                url=_list_of(State.UNCONFIRMED),
                holds_up_mail=not is_repeated,
                code=f"{code}.unconfirmed",
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
        next_step=_("See that the worker runs and that EMAIL_HOST names a mail server that takes them."),
        url=_list_of(State.RETRYING),
        holds_up_mail=age >= ALARM_AFTER,
        code=f"{code}.queue",
        figure=age.total_seconds(),
    )


def _misconfigured(code: str, area: str | Promise, reply: str, count: int) -> Finding:
    """No patience helps: it is an alarm at once."""
    words = ngettext(
        "{count} mail waits, and a setting is wrong: {reply}",
        "{count} mails wait, and a setting is wrong: {reply}",
        count,
    )
    return Finding(
        area=area,
        level=Level.ALARM,
        text=words.format(count=count, reply=reply),
        next_step=_("Correct the settings of the mail server and start anew; a test mail shows whether it works now."),
        url=_list_of(State.RETRYING),
        holds_up_mail=True,
        code=f"{code}.queue",
        figure=count,
    )


def _still_repeated() -> str:
    return _("It is sent again in a few hours, twice at most. If you see that it arrived, note it as sent there.")


def _no_more_repeated() -> str:
    return _("It is not sent again by itself. See whether it arrived, and note it as sent there, or send it again.")


def _by_report() -> Iterator[tuple[str, str | Promise, OutgoingMailQuerySet]]:
    areas: dict[str, Any] = {kind.report: kind.area for kind in kinds.registered()}
    for code, area in areas.items():
        names = [kind.name for kind in kinds.registered() if kind.report == code]
        yield code, area, OutgoingMail.objects.filter(kind__in=names)


def _list_of(state: State) -> str:
    return f"{reverse('admin:mail_outgoingmail_changelist')}?state__exact={state.value}"
