"""The vault's rows: one public key, the slots that hold its private half, who has it open, what happened.

Messages (notes, the reading key) may have a lock of their own, a second key pair with its own passphrase; its
private half is also sealed to the vault. Every row says which lock it belongs to, and what is sealed in it is
bound to that: moved to the other lock it does not open.

Nothing in these tables opens anything by itself: a slot needs the passphrase or the printed recovery key, an
unlock session needs the random key in its operator's cookie.
"""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from sitebackend import retention
from sitebackend.mail.models import OutgoingMail
from sitebackend.monitoring import clock

IDLE = timedelta(minutes=10)  # without use, then the vault locks
ABSOLUTE = timedelta(minutes=60)  # after unlocking, then it locks whatever happens
CLOCK_TOLERANCE = timedelta(seconds=5)  # by which the clocks of two machines may differ
TRIES = 5
TRIES_WITHIN = timedelta(minutes=15)


class Lock(models.TextChoices):
    """What is unlocked: everything, or messages alone."""

    VAULT = "vault", _("vault")
    MESSAGES = "messages", _("lock for messages")

    @property
    def permission(self) -> str:
        """What an operator needs to open it, besides its passphrase."""
        return f"vault.unlock_{self.value}"

    def bound(self, context: str) -> str:
        """The context as this lock binds it: what was sealed under one lock does not open under the other."""
        return context if self == Lock.VAULT else f"{self.value}|{context}"


class VaultQuerySet(models.QuerySet["Vault"]):
    def of(self, lock: Lock) -> "VaultQuerySet":
        return self.filter(lock=lock)


class Vault(models.Model):
    """The one vault of this site; a second row is the lock for messages, if it was set up."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    lock = models.CharField(max_length=10, choices=Lock, default=Lock.VAULT, unique=True, editable=False)
    public_key = models.BinaryField(_("public key"))
    sealed_private_key = models.BinaryField(null=True, editable=False)  #: of the lock for messages: to the vault
    made_at = models.DateTimeField(_("made at"))
    rotated_at = models.DateTimeField(_("rotated at"), null=True)

    objects = VaultQuerySet.as_manager()

    class Meta:
        verbose_name = _("vault")
        verbose_name_plural = _("vault")
        permissions = [
            ("unlock_vault", _("May open the vault and look after it")),
            ("unlock_messages", _("May open the lock for messages")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1, lock="vault", sealed_private_key=None)
                | models.Q(id=2, lock="messages", sealed_private_key__isnull=False),
                name="one_vault_one_lock_for_messages",
            )
        ]

    def __str__(self) -> str:
        return self.get_lock_display()

    @property
    def key_context(self) -> str:
        """What the sealed private half is bound to."""
        return f"lock-key|{self.lock}"


class KeySlotQuerySet(models.QuerySet["KeySlot"]):
    def of(self, lock: Lock) -> "KeySlotQuerySet":
        return self.filter(vault__lock=lock)

    def pending(self) -> "KeySlotQuerySet":
        """The recovery slot whose printed key was not typed back yet."""
        return self.filter(kind=KeySlot.Kind.RECOVERY, confirmed_at=None)

    def confirmed_recovery(self) -> "KeySlotQuerySet":
        """The recovery slot whose printed key was typed back."""
        return self.filter(kind=KeySlot.Kind.RECOVERY, confirmed_at__isnull=False)


class KeySlot(models.Model):
    """The vault's private key, sealed under one way of opening it.

    A recovery slot is confirmed once its printed key was typed back; until then an older confirmed one stays.
    """

    class Kind(models.TextChoices):
        PASSPHRASE = "passphrase", _("passphrase")
        RECOVERY = "recovery", _("recovery key")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vault = models.ForeignKey(Vault, on_delete=models.CASCADE, related_name="slots")
    kind = models.CharField(max_length=10, choices=Kind)
    sealed_key = models.BinaryField()
    salt = models.BinaryField(help_text="Argon2id's; empty for a recovery key, which is random already")
    memory_kib = models.PositiveIntegerField(default=0)
    iterations = models.PositiveIntegerField(default=0)
    lanes = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    objects = KeySlotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "vault", "kind", condition=models.Q(confirmed_at=None), name="one_pending_slot_of_a_kind"
            ),
            models.UniqueConstraint(
                "vault", "kind", condition=models.Q(confirmed_at__isnull=False), name="one_confirmed_slot_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class UnlockSessionQuerySet(models.QuerySet["UnlockSession"]):
    def over(self, now: datetime) -> "UnlockSessionQuerySet":
        """Those that no cookie can revive: idle too long, open too long, or from the future."""
        return self.filter(
            models.Q(last_used_at__lte=now - IDLE)
            | models.Q(unlocked_at__lte=now - ABSOLUTE)
            | models.Q(last_used_at__gt=now + CLOCK_TOLERANCE)
        )


class UnlockSession(models.Model):
    """One operator's open lock: its private key, sealed under the random key that only the cookie holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lock = models.CharField(max_length=10, choices=Lock, default=Lock.VAULT)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    password_digest = models.CharField(max_length=128, help_text="changes with the operator's password and role")
    sealed_key = models.BinaryField()
    unlocked_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    objects = UnlockSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)

    def is_over(self, now: datetime) -> bool:
        went_back = now < self.last_used_at - CLOCK_TOLERANCE
        return went_back or now >= self.locks_at

    @property
    def locks_at(self) -> datetime:
        """When it locks if it is not used again before."""
        return min(self.last_used_at + IDLE, self.unlocked_at + ABSOLUTE)


class UnlockAttemptQuerySet(models.QuerySet["UnlockAttempt"]):
    def counting(self, now: datetime, lock: Lock) -> "UnlockAttemptQuerySet":
        """Those that still count against this lock's limit; one that lies a little ahead counts too."""
        return self.filter(lock=lock, tried_at__gt=now - TRIES_WITHIN, tried_at__lte=now + clock.BEHIND)

    def spent(self, now: datetime) -> "UnlockAttemptQuerySet":
        return self.filter(tried_at__lte=now - TRIES_WITHIN)


class UnlockAttempt(models.Model):
    """One try to open a lock, by whatever process; a success clears that lock's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lock = models.CharField(max_length=10, choices=Lock, default=Lock.VAULT)
    tried_at = models.DateTimeField()

    objects = UnlockAttemptQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)


class VaultEventQuerySet(models.QuerySet["VaultEvent"]):
    def old(self, now: datetime) -> "VaultEventQuerySet":
        """Those that the log keeps no longer; what is still to be told stays."""
        first_kept = retention.first_kept_day(timezone.localdate(now), retention.TRAIL_YEARS)
        untold = OutgoingMail.objects.filter(kind="vault.event").unsent().values("about")
        return self.filter(at__lt=retention.midnight(first_kept)).exclude(pk__in=untold)


class VaultEvent(models.Model):
    """What happened to the vault, and which holding was opened by whom. Never what was in it."""

    class Kind(models.TextChoices):
        SET_UP = "set_up", _("set up")
        UNLOCKED = "unlocked", _("unlocked")
        LOCKED = "locked", _("locked")
        REFUSED = "refused", _("wrong passphrase")
        LOCKED_OUT = "locked_out", _("too many tries")
        PASSPHRASE_CHANGED = "passphrase_changed", _("passphrase changed")
        RECOVERY_KEY_MADE = "recovery_key_made", _("new recovery key made")
        RECOVERY_KEY_CONFIRMED = "recovery_key_confirmed", _("recovery key confirmed")
        RECOVERED = "recovered", _("opened with the recovery key")
        ROTATED = "rotated", _("key rotated")
        REMOVED = "removed", _("taken away")
        OPENED = "opened", _("contents opened")

    #: kinds that the operator is told by mail
    ANNOUNCED: ClassVar[frozenset[str]] = frozenset(
        [
            Kind.SET_UP,
            Kind.UNLOCKED,
            Kind.LOCKED_OUT,
            Kind.PASSPHRASE_CHANGED,
            Kind.RECOVERY_KEY_MADE,
            Kind.RECOVERED,
            Kind.ROTATED,
            Kind.REMOVED,
        ]
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lock = models.CharField(_("lock"), max_length=10, choices=Lock, default=Lock.VAULT)
    kind = models.CharField(_("what happened"), max_length=30, choices=Kind)
    at = models.DateTimeField(_("when"))
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    holding = models.CharField(_("what was opened"), max_length=100, blank=True)  # kind and random key, no name

    objects = VaultEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("vault event")
        verbose_name_plural = _("vault log")
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{capfirst(self.get_lock_display())}: {self.get_kind_display()}"
