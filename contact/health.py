"""What the operator must know of the inbox. Of its mails the outbox reports."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contact import key_change, reading
from contact.models import KeyTrial, SpamModel, Submission
from sitebackend import retention
from sitebackend.findings import Finding, Level, report
from sitebackend.monitoring import clock
from sitebackend.privacy.rehearsal import without_invented

TOLD_WITHIN = timedelta(hours=3)  # the mails' own findings come first
COUNTED_WITHIN = timedelta(days=14)

clock.witness_rows(Submission, "received_at")


@report
def inbox(now: datetime) -> Iterator[Finding]:
    """What came in and waits for the operator's own work."""
    count = without_invented(Submission.objects.filter(done_at__isnull=True)).count()
    yield Finding(
        area=_("Inbox"),
        level=Level.FINE,
        text=ngettext("{count} submission is not done.", "{count} submissions are not done.", count).format(
            count=count
        ),
        url=reverse("admin:contact_submission_changelist"),
        code="contact.inbox",
        figure=count,
    )


@report
def suspects(now: datetime) -> Iterator[Finding]:
    """The mail that names them was not taken: until then they stay, and whoever waits for an answer waits."""
    late = without_invented(Submission.objects.untold().filter(received_at__lt=now - TOLD_WITHIN))
    if count := late.count():
        yield Finding(
            area=_("Inbox"),
            level=Level.WARNING,
            text=ngettext(
                "{count} message is held as suspected spam, and the mail that names it has not gone out.",
                "{count} messages are held as suspected spam, and the mail that names them has not gone out.",
                count,
            ).format(count=count),
            next_step=_("Look at them here; and see what keeps mails from going out."),
            url=f"{reverse('admin:contact_submission_changelist')}?verdict__exact=suspect",
            code="contact.suspects_untold",
            figure=count,
        )


@report
def spam_model(now: datetime) -> Iterator[Finding]:
    """Something that the spam filter learned from is gone, or was judged otherwise: it must be counted anew."""
    stale = SpamModel.objects.filter(stale_since__lt=now - COUNTED_WITHIN).first()
    if stale and stale.stale_since and reading.is_possible():
        yield Finding(
            area=_("Inbox"),
            level=Level.WARNING,
            text=_("What the spam filter has learned must be counted anew since {when}.").format(
                when=clock.moment(stale.stale_since)
            ),
            next_step=_("Open messages once. Otherwise it is deleted {period} after that day.").format(
                period=retention.days(retention.SPAM_MODEL.days)
            ),
            url=reverse("admin:contact_submission_changelist"),
            code="contact.spam_model",
        )


@report
def to_look_through(now: datetime) -> Iterator[Finding]:
    """The privacy notice says that once a year somebody looks which messages can go: this is who asks for it."""
    if count := Submission.objects.to_look_through(now).count():
        yield Finding(
            area=_("Inbox"),
            level=Level.WARNING,
            text=ngettext(
                "{count} message lies here for a year and nobody has judged whether it is needed.",
                "{count} messages lie here for a year and nobody has judged whether they are needed.",
                count,
            ).format(count=count),
            next_step=_("Look at them: let go what is settled, keep the others for another year."),
            url=f"{reverse('admin:contact_submission_changelist')}?look=due",
            code="contact.to_look_through",
            figure=count,
        )


@report
def key_waits(now: datetime) -> Iterator[Finding]:
    """A new operator key counts only when the word of its trial message was typed; meanwhile the one before does."""
    for trial in KeyTrial.objects.waiting():
        words = _("A new operator key waits for its word since {when}, brought by {by}: {fingerprint}.")
        yield Finding(
            area=_("Operator key"),
            level=Level.WARNING,
            text=words.format(
                when=_moment(trial.made_at), by=key_change.brought_by(trial.fingerprint), fingerprint=trial.fingerprint
            ),
            next_step=_("Open its trial message and type the word, or do not take the key."),
            url=reverse("admin:contact_submission_key_word"),
            code="operator_key.waits",
        )


@report
def changed_keys(now: datetime) -> Iterator[Finding]:
    in_use = key_change.in_use()
    proved = [key for key in in_use if not key.is_unproved]
    for key in in_use:
        if key.is_unproved:
            yield Finding(
                area=_("Operator key"),
                level=Level.WARNING if proved else Level.ALARM,
                text=_("Nobody has shown that messages to this operator key can be opened: {fingerprint}.").format(
                    fingerprint=key.fingerprint
                ),
                next_step=_("Open its trial message and type the word."),
                url=reverse("admin:contact_submission_key_word"),
                code="operator_key.unproved",
            )
        if key.is_unconfirmed:
            yield _changed(key)


def _changed(key: key_change.InUse) -> Finding:
    words = (
        _("Since {when} messages are encrypted to another key than before: {fingerprint}. Put there by: {by}.")
        if key.changed_at
        else _("Messages are encrypted to another key than before: {fingerprint}. Put there by: {by}.")
    )
    when = _moment(key.changed_at) if key.changed_at else ""
    return Finding(
        area=_("Operator key"),
        level=Level.WARNING,
        text=words.format(when=when, fingerprint=key.fingerprint, by=key.by),
        next_step=_(
            "If it is yours, confirm it in the inbox under “Operator key”, or by manage.py operator_key confirm. If "
            "not, put your own key back and find out who had access."
        ),
        url=reverse("admin:contact_submission_key"),
        code="operator_key.changed",
    )


def _moment(time: datetime) -> str:
    return date_format(timezone.localtime(time), "SHORT_DATETIME_FORMAT")
