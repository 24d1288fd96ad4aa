"""Submissions: what the contact form took in.

What must never happen: a typed word lies here in the clear, or an acknowledged submission is lost. So the
message is ciphertext in a table of its own (lists never read it). Where its mail stands the outbox knows, and
nothing here repeats it.
"""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend import references, retention
from sitebackend.crypto import lookup
from sitebackend.mail.models import OutgoingMail
from sitebackend.privacy.restriction.models import Restriction, since
from sitebackend.retention import midnight

MAIL_KIND = "contact.submission"  #: of the mail to the operator, in the outbox
LOOK_EVERY = timedelta(days=365)


class EncryptedMessage(models.Model):
    """One message as OpenPGP made it. Whoever has the operator's secret key opens it, with any OpenPGP program."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    armoured = models.TextField(_("ciphertext"), editable=False)
    fingerprints = models.JSONField(_("encrypted to"), editable=False)

    class Meta:
        verbose_name = _("encrypted message")
        verbose_name_plural = _("encrypted messages")

    def __str__(self) -> str:
        return str(self.pk)


class Verdict(models.TextChoices):
    """What the spam checks said."""

    CLEAN = "clean", _("no objection")
    SUSPECT = "suspect", _("suspected spam")
    RELEASED = "released", _("no spam, says the operator")
    SPAM = "spam", _("spam, says the operator")


class Channel(models.TextChoices):
    """How the inquiry came."""

    FORM = "form", _("contact form")
    MAIL = "mail", _("e-mail")
    TELEPHONE = "telephone", _("telephone")
    LETTER = "letter", _("letter")


_HELD = models.Q(verdict__in=[Verdict.SUSPECT, Verdict.SPAM])
#: The states that `retention.message_periods` names.
_IN_STATE = {
    "done": ~_HELD & models.Q(done_at__isnull=False),
    "open": ~_HELD & models.Q(done_at__isnull=True),
    "suspect": _HELD,
}


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def usable(self) -> Self:
        """Those that may be used: not restricted (Art. 18 GDPR)."""
        restricted = list(Restriction.objects.rows().values_list("row", flat=True))  # few; the queue asks often
        return self.exclude(pk__in=restricted) if restricted else self

    def restricted(self) -> Self:
        return self.filter(pk__in=Restriction.objects.rows())

    def with_mail(self, **lookups: Any) -> Self:
        """Those whose mail to the operator stands as the lookups say: `with_mail(state=State.SENT)`."""
        return self.filter(pk__in=OutgoingMail.objects.filter(kind=MAIL_KIND, **lookups).values("about"))

    def past_period(self, today: date) -> Self:
        """Those whose period, by the state that they are in, is over, and those let go.

        That of suspects begins when the operator knows of them: unseen nothing goes.
        """
        over = models.Q(goes_on__lte=today)
        for state, days in retention.message_periods().items():
            begins = "told_at" if state == "suspect" else "received_at"
            over |= _IN_STATE[state] & models.Q(**{f"{begins}__lt": midnight(today) - timedelta(days=days)})
        return self.filter(over)

    def to_look_through(self, now: datetime) -> Self:
        """Those that no period ends and nobody has judged for a year: whether they can go is asked."""
        endless = models.Q(pk__in=[])
        for state in _IN_STATE.keys() - retention.message_periods().keys():
            endless |= _IN_STATE[state]
        before = now - LOOK_EVERY
        done = models.Q(done_at=None) | models.Q(done_at__lt=before)
        kept = models.Q(kept_at=None) | models.Q(kept_at__lt=before)
        return self.filter(endless, done, kept, received_at__lt=before, goes_on=None)

    def keep(self, now: datetime) -> int:
        """Looked through, and needed still: asked about again in a year."""
        return self.update(kept_at=now, goes_on=None)

    def let_go(self, today: date) -> int:
        """Looked through, and not needed any more: retention erases them tomorrow, unless they are kept till then."""
        return self.update(goes_on=today + timedelta(days=1))

    def held(self) -> Self:
        """Suspects, and what the operator called spam."""
        return self.filter(_HELD)

    def suspect(self) -> Self:
        return self.filter(verdict=Verdict.SUSPECT)

    def untold(self) -> Self:
        """Suspects that no mail which the mail server took has named yet."""
        return self.suspect().filter(told_at=None).usable()

    def judged(self) -> Self:
        """Those that the operator has called spam, or no spam: the classifier learns from them."""
        return self.filter(verdict__in=[Verdict.SPAM, Verdict.RELEASED]).usable()

    def matching(self, typed: str) -> Self:
        """Those with this e-mail address, telephone number or reference: digests are compared, nothing is opened.

        Of the digests that took two addresses for one all that may be meant: who looks opens them and sees.
        """
        found = models.Q(reference=references.tidy_reference(typed))
        found |= models.Q(email_digest__in=lookup.mailbox(typed).all)
        if phone := lookup.phone(typed):
            found |= models.Q(phone_digest=phone)
        return self.filter(found)

    def mailable(self) -> Self:
        """Suspects, spam and restricted ones are not mailed."""
        return self.exclude(_HELD).usable()

    def alike(self, submission: "Submission") -> Self:
        """Those that lie on the same pile of the inbox: open, done, or suspected spam."""
        return self.filter(next(state for state in _IN_STATE.values() if self.filter(state, pk=submission.pk).exists()))

    def before(self, submission: "Submission") -> Self:
        """Those that the inbox lists before it, the nearest first."""
        return self.filter(_later(submission)).order_by("received_at", "pk")

    def after(self, submission: "Submission") -> Self:
        """Those that the inbox lists after it, the nearest first."""
        return self.exclude(_later(submission)).exclude(pk=submission.pk).order_by("-received_at", "-pk")

    def mark_done(self, now: datetime) -> int:
        return self.filter(done_at=None).update(done_at=now)

    def reopen(self) -> int:
        return self.update(done_at=None, goes_on=None)


class Submission(models.Model):
    """One sent contact form, or an inquiry that the operator recorded."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=references.LENGTH, unique=True, editable=False)
    received_at = models.DateTimeField(_("received"), default=timezone.now, db_index=True, editable=False)
    channel = models.CharField(_("came by"), max_length=10, choices=Channel, default=Channel.FORM)
    message = models.ForeignKey(EncryptedMessage, models.PROTECT, related_name="submissions", editable=False)
    idempotency_digest = models.CharField(max_length=64, unique=True, editable=False)
    nonce_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    email_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    phone_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    name_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    sender_digest = models.CharField(max_length=64, blank=True, editable=False)  #: tells senders at one address apart
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, default=Verdict.CLEAN, db_index=True)
    reasons = models.JSONField(_("reasons"), default=list, blank=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    kept_at = models.DateTimeField(_("looked through"), null=True, editable=False)  #: the last time, and kept
    goes_on = models.DateField(_("goes on"), null=True, editable=False)  #: looked through, and let go
    told_at = models.DateTimeField(null=True, editable=False)  #: when the operator knew of it as a suspect, or as spam

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return self.reference

    @property
    def restricted_since(self) -> datetime | None:
        """Kept, and not to be used (Art. 18 GDPR), since; None: may be used."""
        return since(self.pk)

    def index(self, fields: Mapping[str, str]) -> None:
        """Fill the digests that requests for access look for, out of what the sender typed."""
        for column, digest in _digests(fields).items():
            setattr(self, column, digest)

    def index_again(self, fields: Mapping[str, str]) -> None:
        """Write the digests that this message has not, or not as they are made today: only opened it gives them."""
        if any(getattr(self, column) != digest for column, digest in _digests(fields).items()):
            self.index(fields)
            Submission.objects.filter(pk=self.pk).update(**_digests(fields))

    @property
    def mail(self) -> OutgoingMail | None:
        """Where its mail to the operator stands; None: it is not mailed."""
        return OutgoingMail.objects.filter(kind=MAIL_KIND, about=self.pk).first()


def _later(submission: Submission) -> models.Q:
    """The inbox lists the newest first; of those that came at one moment, by their keys."""
    same_moment = models.Q(received_at=submission.received_at, pk__gt=submission.pk)
    return models.Q(received_at__gt=submission.received_at) | same_moment


def _digests(fields: Mapping[str, str]) -> dict[str, str]:
    typed = {name: fields.get(name, "") for name in ("email", "phone", "name", "postal_code")}
    return {
        "email_digest": lookup.email(typed["email"]),
        "phone_digest": lookup.phone(typed["phone"]),
        "sender_digest": lookup.name(typed["name"]),
        "name_digest": lookup.name_and_postal_code(typed["name"], typed["postal_code"]),
    }
