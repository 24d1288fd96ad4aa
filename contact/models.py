"""Submissions: what the contact form took in, and where its mail stands.

What must never happen: a typed word lies here in the clear, an acknowledged submission is lost, or one mail
is sent by two workers. So the message is ciphertext in a table of its own (lists never read it), what the
plain mail needs is wrapped and wiped once the mail server took it, and one column, `next_attempt_at`, says
what is due and is the lease at the same time: whoever moves it from the value seen has the row, until then.
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend import references
from sitebackend.crypto import lookup
from sitebackend.privacy.restriction.models import Restriction, since
from sitebackend.retention import midnight

LEASE = timedelta(minutes=2)  # longer than one mail can take (sitebackend.smtp.SECONDS)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321, 4.5.4.1


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
    RELEASED = "released", _("released by the operator")


class Delivery(models.TextChoices):
    """Where the mail to the operator stands."""

    WAITING = "waiting", _("waiting")
    RETRYING = "retrying", _("tried, will be tried again")
    SENT = "sent", _("sent")
    UNDELIVERABLE = "undeliverable", _("undeliverable")
    NOT_MAILED = "not_mailed", _("not mailed")


class Channel(models.TextChoices):
    """How the inquiry came."""

    FORM = "form", _("contact form")
    MAIL = "mail", _("e-mail")
    TELEPHONE = "telephone", _("telephone")
    LETTER = "letter", _("letter")


_HELD = models.Q(verdict=Verdict.SUSPECT)
#: The states that CONTACT_RETENTION_DAYS names.
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

    def due(self, now: datetime) -> Self:
        """Whose mail is to be sent now, by whoever leases it."""
        return self.filter(next_attempt_at__lte=now).usable()

    def unsent(self) -> Self:
        """Whose mail is still to be sent, now or later."""
        return self.filter(next_attempt_at__isnull=False).usable()

    def past_period(self, today: date) -> Self:
        """Those whose period in CONTACT_RETENTION_DAYS, by the state that they are in, is over."""
        over = models.Q(pk__in=[])
        for state, days in settings.CONTACT_RETENTION_DAYS.items():
            over |= _IN_STATE[state] & models.Q(received_at__lt=midnight(today) - timedelta(days=days))
        return self.filter(over)

    def undeliverable(self) -> Self:
        return self.filter(delivery=Delivery.UNDELIVERABLE)

    def suspect(self) -> Self:
        return self.filter(verdict=Verdict.SUSPECT)

    def untold(self) -> Self:
        """Suspects that no daily line has counted yet."""
        return self.suspect().filter(told_at=None)

    def matching(self, typed: str) -> Self:
        """Those with this e-mail address, telephone number or reference: digests are compared, nothing is opened."""
        found = models.Q(reference=references.tidy_reference(typed))
        for field, digest in (("email_digest", lookup.email(typed)), ("phone_digest", lookup.phone(typed))):
            found |= models.Q(**{field: digest}) if digest else models.Q()
        return self.filter(found)

    def queue(self, now: datetime) -> int:
        """Have their mails sent, from the start; gives how many. Suspects and restricted ones stay where they are."""
        start = {"delivery": Delivery.WAITING, "queued_at": now, "next_attempt_at": now, "attempts": 0, "sent_at": None}
        return self.exclude(verdict=Verdict.SUSPECT).usable().update(**start)

    def mark_done(self, now: datetime) -> int:
        return self.filter(done_at=None).update(done_at=now)

    def reopen(self) -> int:
        return self.update(done_at=None)

    def lease_next(self, now: datetime) -> "Submission | None":
        """The one that is due longest, ours until `now + LEASE`; None if nothing is due.

        The attempt is counted before it is made: a mail that kills its worker waits its turn like any other.
        """
        for key, seen in self.due(now).order_by("next_attempt_at").values_list("pk", "next_attempt_at")[:50]:
            lease = {"next_attempt_at": now + LEASE, "attempts": models.F("attempts") + 1}
            if self.filter(pk=key, next_attempt_at=seen).update(**lease):
                return self.get(pk=key)
        return None


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
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, default=Verdict.CLEAN, db_index=True)
    reasons = models.JSONField(_("reasons"), default=list, blank=True, editable=False)
    delivery = models.CharField(_("mail"), max_length=15, choices=Delivery, default=Delivery.WAITING, db_index=True)
    queued_at = models.DateTimeField(_("in the queue since"), default=timezone.now, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    last_reply = models.CharField(_("last answer of the mail server"), max_length=300, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    mail_payload = models.BinaryField(_("what the mail needs, wrapped"), null=True, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)  #: when the daily line counted this suspect

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["-received_at"]
        indexes = [
            models.Index("next_attempt_at", name="submission_due", condition=models.Q(next_attempt_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="sent_mail_keeps_no_payload",
                condition=~models.Q(delivery="sent") | models.Q(mail_payload__isnull=True, sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="suspects_are_not_mailed",
                condition=~models.Q(verdict="suspect") | models.Q(delivery="not_mailed", mail_payload__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def restricted_since(self) -> datetime | None:
        """Kept, and not to be used (Art. 18 GDPR), since; None: may be used."""
        return since(self.pk)

    def payload_context(self) -> str:
        """What the wrapped payload is bound to: moved to another row it does not open."""
        return f"contact-mail|{self.pk}"

    def sent(self, now: datetime) -> dict[str, object]:
        """The changes that say: the mail server took it."""
        done = {"next_attempt_at": None, "mail_payload": None, "last_reply": ""}
        return {"delivery": Delivery.SENT, "sent_at": now, **done}

    def refused(self, now: datetime, reply: str, *, for_good: bool) -> dict[str, object]:
        """The changes that say: not taken; another attempt follows, or none after five days or a final no."""
        if for_good or now - self.queued_at > GIVE_UP_AFTER:
            return {"delivery": Delivery.UNDELIVERABLE, "next_attempt_at": None, "last_reply": reply}
        return {"delivery": Delivery.RETRYING, "next_attempt_at": now + self._pause(), "last_reply": reply}

    def _pause(self) -> timedelta:
        pause: timedelta = FIRST_PAUSE * 2 ** min(self.attempts - 1, 10)
        return min(pause, LONGEST_PAUSE)


class Acknowledgement(models.Model):
    """A short mail to the sender that is still to go out; the row goes with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="acknowledgement", editable=False)
    wrapped = models.BinaryField(editable=False)  #: address and language, under the server's outbox key
    next_attempt_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """What the wrapped address is bound to."""
        return f"contact-acknowledgement|{self.pk}"


class Note(models.Model):
    """What the operator noted on a submission, sealed to the lock for messages, or to the vault without one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="notes", editable=False)
    written_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    sealed = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["written_at"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """What the seal is bound to: moved to another submission it does not open."""
        return f"contact-note|{self.pk}|{self.submission_id}"


class ReadingKey(models.Model):
    """The operator's choice to read here: the secret key's passphrase, sealed as notes are. No row: not chosen."""

    CONTEXT = "operator-key-passphrase"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sealed_passphrase = models.BinaryField(editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_reading_key")]

    def __str__(self) -> str:
        return str(self.pk)


class KnownKey(models.Model):
    """An operator key that the worker has seen, and what the operator was told about its end."""

    fingerprint = models.CharField(primary_key=True, max_length=40)
    looked_at = models.DateTimeField()
    told_days = models.PositiveSmallIntegerField(null=True)  #: the last of WARN_DAYS that a mail went out for

    def __str__(self) -> str:
        return self.fingerprint
