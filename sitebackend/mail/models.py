"""The outbox: every mail that is to go out, and where it stands.

What must never happen: a word of a mail lies here in the clear, a mail is lost, or one is sent by two workers. So
what it needs is sealed with the server key and wiped once the mail server took it, and one column,
`next_attempt_at`, says what is due and is the lease at the same time: whoever moves it from the value seen has the
row, until then. One kind of mail about one thing stands here once: queued again it begins anew.

A mail that was handed over, and of which the server did not say that it has it, is *unconfirmed*: it may have arrived.
It is repeated twice at most, hours apart, and told to the operator. Every copy that may lie in a mailbox is counted
(`copies`), and the next one has a Message-ID of its own, or the mailbox would let it vanish as a duplicate.

No clock stops the queue or gives a mail up: a time that no pause can have set counts as over, and a mail is given up
after as many attempts as five days hold, not by the date alone; only a courtesy ends by its date.
"""

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Self
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from sitebackend.crypto import sealing, server_key
from sitebackend.mail import kinds
from sitebackend.mail.message import numbered
from sitebackend.monitoring import clock

LEASE = timedelta(minutes=2)  # longer than one mail can take (sitebackend.mail.smtp.SECONDS)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
REPEAT_AFTER = timedelta(hours=4)  # a mail that is in doubt
MOST_COPIES = 3  # the first, and two repeats
_SKEW = timedelta(minutes=5)  # between the clocks of two machines
NOTHING = UUID(int=0)  #: what a mail is about that is about no row


class State(models.TextChoices):
    """Where a mail stands."""

    WAITING = "waiting", _("waiting")
    RETRYING = "retrying", _("tried, will be tried again")
    HELD = "held", _("held since the restore")
    UNCONFIRMED = "unconfirmed", _("sent, unconfirmed")
    SENT = "sent", _("sent")
    UNDELIVERABLE = "undeliverable", _("undeliverable")


class MailServer(models.Model):
    """What the mail server offered when it was last talked to."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    offers_smtputf8 = models.BooleanField(default=False)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_mail_server")]

    def __str__(self) -> str:
        return str(self.pk)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def about(self, rows: Collection[UUID]) -> Self:
        return self.filter(about__in=rows)

    def waiting(self) -> Self:
        """Still to be sent by the worker, now or later."""
        return self.filter(next_attempt_at__isnull=False)

    def unsent(self) -> Self:
        """With something in them that is to reach somebody, whatever stands in the way."""
        return self.exclude(state=State.SENT)

    def sealed(self) -> Self:
        """Those that still hold something sealed."""
        return self.filter(payload__isnull=False)

    def undeliverable(self) -> Self:
        return self.filter(state=State.UNDELIVERABLE)

    def unconfirmed(self) -> Self:
        return self.filter(state=State.UNCONFIRMED)

    def held(self) -> Self:
        return self.filter(state=State.HELD)

    def usable(self) -> Self:
        """Those whose subject may be used (Art. 18 GDPR)."""
        restricted = kinds.held_back()  # few; the queue asks often
        return self.exclude(about__in=restricted) if restricted else self

    def due(self, now: datetime) -> Self:
        """Those to be sent now, by whoever leases them; a time further ahead than any pause is a wrong clock's."""
        in_doubt = models.Q(state=State.UNCONFIRMED)
        ahead = models.Q(state=State.WAITING, attempts=0)  # it never had a pause
        ahead |= ~in_doubt & models.Q(next_attempt_at__gt=now + LONGEST_PAUSE + _SKEW)
        ahead |= in_doubt & models.Q(next_attempt_at__gt=now + REPEAT_AFTER + _SKEW)
        return self.waiting().filter(models.Q(next_attempt_at__lte=now) | ahead).usable()

    def past_period(self, now: datetime) -> Self:
        """Delivered, and their dates have had their time."""
        over = models.Q(pk__in=[])
        for kind in kinds.registered():
            if kind.sent_kept_for is not None:
                over |= models.Q(kind=kind.name, sent_at__lte=now - kind.sent_kept_for)
        return self.filter(over, state=State.SENT)

    def send_again(self, now: datetime) -> int:
        """Have them sent, from the start; gives how many."""
        start = {"state": State.WAITING, "queued_at": now, "next_attempt_at": now, "attempts": 0, "sent_at": None}
        return self.update(**start)

    def hold(self) -> int:
        """Send none of them until somebody says so; gives how many. Each may have gone out since the backup."""
        copies, repeats = models.F("copies") + 1, models.F("repeats") + 1
        return self.waiting().update(state=State.HELD, next_attempt_at=None, copies=copies, repeats=repeats)

    def lease_next(self, now: datetime) -> "OutgoingMail | None":
        """The one that is due longest, ours until `now + LEASE`; None if nothing is due.

        The attempt is counted before it is made: a mail that kills its worker waits its turn like any other. The
        lease is committed when this returns (durable: Django refuses it inside a transaction), so whoever sends
        what was leased holds no lock meanwhile.
        """
        for key, seen in self.due(now).order_by("next_attempt_at").values_list("pk", "next_attempt_at")[:50]:
            lease = {"next_attempt_at": now + LEASE, "attempts": models.F("attempts") + 1}
            with transaction.atomic(durable=True):
                is_ours = self.filter(pk=key, next_attempt_at=seen).update(**lease)
            if is_ours:
                return self.get(pk=key)
        return None


class OutgoingMail(models.Model):
    """One mail: its kind, what it is about, sealed facts, and where it stands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=60, db_index=True, editable=False)
    about = models.UUIDField(default=NOTHING, db_index=True, editable=False)
    recipient_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    payload = models.BinaryField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=15, choices=State, default=State.WAITING, db_index=True)
    queued_at = models.DateTimeField(_("in the queue since"), editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    last_reply = models.CharField(_("last answer of the mail server"), max_length=300, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    copies = models.PositiveIntegerField(default=0, editable=False)  #: that may lie in a mailbox, of earlier ones too
    repeats = models.PositiveIntegerField(default=0, editable=False)  #: those of them that say the same as this one
    is_setting_wrong = models.BooleanField(default=False, editable=False)  #: the reason why it was not taken

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ["-queued_at"]
        indexes = [
            models.Index("next_attempt_at", name="mail_due", condition=models.Q(next_attempt_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "about"], name="one_mail_of_a_kind_about_one_thing"),
            models.CheckConstraint(
                name="sent_mail_keeps_nothing_of_it",
                condition=~models.Q(state="sent")
                | models.Q(payload__isnull=True, recipient_digest="", sent_at__isnull=False, next_attempt_at=None),
            ),
            models.CheckConstraint(
                name="only_waiting_mail_is_due",
                condition=models.Q(state__in=["waiting", "retrying"], next_attempt_at__isnull=False)
                | models.Q(state__in=["held", "sent", "undeliverable"], next_attempt_at=None)
                | models.Q(state="unconfirmed"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def sort(self) -> kinds.Kind:
        return kinds.kind_of(self.kind)

    @property
    def facts(self) -> dict[str, Any]:
        """What the mail needs beside the row it is about. Raises SealingError if it was altered or moved."""
        if self.payload is None:
            return {}
        content = sealing.unwrap(server_key.derive("outbox"), bytes(self.payload), context=self._context())
        return dict(json.loads(content))

    def take(self, facts: Mapping[str, Any]) -> None:
        content = json.dumps(facts, sort_keys=True).encode()
        self.payload = sealing.wrap(server_key.derive("outbox"), content, context=self._context()) if facts else None

    def message_ids(self, first: str) -> list[str]:
        """Those of all copies that may lie in the recipient's mailbox; `first`: as it was composed."""
        return [numbered(first, number) for number in range(1, self.copies + 1)]

    def delivered(self, now: datetime, reply: str = "") -> dict[str, object]:
        """The changes that say: the mail server took it."""
        return {**self.arrived(now), "last_reply": reply, **self._one_copy_more()}

    def arrived(self, now: datetime) -> dict[str, object]:
        """The changes that say: a copy that is counted already has arrived."""
        return {"state": State.SENT, "sent_at": now, "payload": None, "recipient_digest": "", "next_attempt_at": None}

    def handed_over(self, now: datetime, reply: str) -> dict[str, object]:
        """The changes that say: it is all there, only the answer is missing. Should it never come, a repeat follows."""
        wait = {"state": State.UNCONFIRMED, "next_attempt_at": now + REPEAT_AFTER}
        return {**wait, "last_reply": reply, **self._one_copy_more()}

    def unconfirmed(self, now: datetime, reply: str) -> dict[str, object]:
        """The changes that say: it may have been taken. A repeat follows, or none after two, or of a courtesy."""
        ends = self.sort.is_courtesy or self.repeats + 1 >= MOST_COPIES
        changes = self.handed_over(now, reply)
        return changes | {"next_attempt_at": None} if ends else changes

    def refused(
        self, now: datetime, reply: str, *, for_good: bool = False, is_setting: bool = False
    ) -> dict[str, object]:
        """The changes that say: not taken; another attempt follows, or none after five days of them or a final no."""
        same = {"last_reply": reply, "is_setting_wrong": is_setting, "copies": self.copies, "repeats": self.repeats}
        is_over = for_good or self._was_tried_for_long(now)
        state = State.UNDELIVERABLE if is_over else State.RETRYING
        if self.state == State.UNCONFIRMED:  # an earlier copy may have arrived
            state = State.UNCONFIRMED
        return {"state": state, "next_attempt_at": None if is_over else now + _pause(self.attempts), **same}

    def _one_copy_more(self) -> dict[str, object]:
        return {"copies": self.copies + 1, "repeats": self.repeats + 1, "is_setting_wrong": False}

    def _was_tried_for_long(self, now: datetime) -> bool:
        """Tried as often as the period holds: a date alone may be that of a clock which jumped.

        A courtesy ends with its date all the same: its recipient was told how long the address waits at most.
        """
        period = self.sort.give_up_after
        is_past = clock.believed(now) - self.queued_at > period
        return is_past and (self.sort.is_courtesy or self.attempts >= _attempts_within(period))

    def _context(self) -> str:
        """What the payload is bound to: moved to another row it does not open."""
        return f"outgoing-mail|{self.kind}|{self.about}"


def _pause(attempts: int) -> timedelta:
    pause: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    return min(pause, LONGEST_PAUSE)


@cache
def _attempts_within(period: timedelta) -> int:
    attempts, passed = 1, timedelta()
    while passed < period:
        passed += _pause(attempts)
        attempts += 1
    return attempts
