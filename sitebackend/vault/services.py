"""The vault's verbs: set up, seal, unlock, lock; of the vault itself and of the lock for messages.

What must never happen: the server opens a sealed value while the vault is locked. So the private key exists in
the clear only inside a request that brought the passphrase or an unlock cookie; at rest it is sealed in slots
and unlock sessions. Base-mode HPKE does not authenticate who sealed: a pinned fingerprint keeps the vault's own
public key from being swapped unnoticed, and no more than that is claimed.

The lock for messages opens notes and messages and nothing else: it is another key pair, every seal, slot and
session is bound to its lock, and opening gives a type of its own. Whoever opens the vault reads messages, too.
Which of the two an operator may open is asked here at every use, whichever page calls: a role that was taken
away locks at once.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend.crypto import sealing
from sitebackend.mail.services import queue
from sitebackend.models import Operator
from sitebackend.monitoring import clock
from sitebackend.vault import at_unlock, recovery_key, sessions, slots
from sitebackend.vault.errors import (
    MessagesKeyChanged,
    NoMessagesLock,
    NotAllowed,
    NoVault,
    TooManyTries,
    VaultExists,
    VaultKeyChanged,
    WrongMessagesPassphrase,
    WrongPassphrase,
)
from sitebackend.vault.mail import EVENT
from sitebackend.vault.models import (
    IDLE,
    TRIES,
    TRIES_WITHIN,
    KeySlot,
    Lock,
    UnlockAttempt,
    UnlockSession,
    Vault,
    VaultEvent,
)
from sitebackend.vault.opened import OpenMessages, OpenVault, Unlocked


def set_up(*, passphrase: str, operator: Operator | None = None) -> str:
    """Make the vault; gives the printed recovery key, which exists nowhere else.

    Raises NotAllowed, VaultExists, PassphraseTooShort.
    """
    require(operator, Lock.VAULT)
    if Vault.objects.exists():
        raise VaultExists
    now, secret = timezone.now(), recovery_key.new()
    public, private = sealing.new_key_pair()
    made = [slots.for_passphrase(private, passphrase, now), slots.for_recovery_key(private, secret, now)]
    try:
        with transaction.atomic():
            vault = Vault.objects.create(public_key=public, made_at=now)
            for slot in made:
                vault.slots.add(slot, bulk=False)
            record(VaultEvent.Kind.SET_UP, operator=operator)
    except IntegrityError as error:
        raise VaultExists from error
    return recovery_key.printed(secret)


def may_open(user: Operator | AnonymousUser, lock: Lock) -> bool:
    """Whether the role of whoever this is goes with this lock; its passphrase is another matter."""
    return user.has_perm(lock.permission)


def require(operator: Operator | None, lock: Lock) -> None:
    """Raises NotAllowed unless the role goes with the lock. None: somebody at the server's own terminal."""
    if operator is not None and not may_open(operator, lock):
        raise NotAllowed


def has_messages_lock() -> bool:
    return Vault.objects.of(Lock.MESSAGES).exists()


def current_vault(lock: Lock = Lock.VAULT) -> Vault:
    """The lock's row, held until the end of the transaction, if there is one: rotation waits for what is being
    sealed, and the other way round. Raises NoVault or NoMessagesLock.
    """
    rows = Vault.objects.select_for_update() if connection.in_atomic_block else Vault.objects.all()
    vault = rows.of(lock).first()
    if vault is None:
        raise NoVault if lock == Lock.VAULT else NoMessagesLock
    return vault


def public_key() -> bytes:
    """The vault's public key. Raises NoVault, or VaultKeyChanged if it is not the one the settings pin."""
    public = bytes(current_vault().public_key)
    pinned = settings.VAULT_FINGERPRINT
    if pinned and not _is_named(public, pinned):
        raise VaultKeyChanged
    return public


def messages_public_key() -> bytes:
    """The public key of the lock for messages. Raises NoMessagesLock, or MessagesKeyChanged if the settings do not
    name it: where the vault's key is pinned, a second row that somebody adds must not pass for this lock.
    """
    public = bytes(current_vault(Lock.MESSAGES).public_key)
    pinned = settings.VAULT_MESSAGES_FINGERPRINT
    if (pinned or settings.VAULT_FINGERPRINT) and not _is_named(public, pinned):
        raise MessagesKeyChanged
    return public


def _is_named(public: bytes, pinned: str) -> bool:
    return sealing.fingerprint(public) == pinned.replace(" ", "").lower()


def seal(plaintext: bytes, *, context: str) -> bytes:
    """Seal to the vault; `context` says what and whose it is, and opening must repeat it. Raises as `public_key`.

    Call it in the transaction that stores the result, so that a rotation cannot come between.
    """
    return sealing.seal(public_key(), plaintext, context=context)


def seal_message(plaintext: bytes, *, context: str) -> bytes:
    """Seal to the lock for messages, or to the vault as long as there is none. Raises as both public keys do.

    Call it in the transaction that stores the result: then the lock cannot be set up, renewed or taken away between.
    """
    public, lock = public_key(), Lock.VAULT  # the vault's row is held first, by whoever changes a lock as well
    if has_messages_lock():
        public, lock = messages_public_key(), Lock.MESSAGES
    return sealing.seal(public, plaintext, context=lock.bound(context))


def new_holder_key(*, context: str) -> tuple[bytes, bytes]:
    """A key pair for somebody (a customer, the archive): (public, private half sealed to the vault)."""
    public, private = sealing.new_key_pair()
    return public, seal(private, context=context)


def seal_to_holder(public: sealing.Stored, plaintext: bytes, *, context: str) -> bytes:
    """Seal to a holder's public key."""
    return sealing.seal(bytes(public), plaintext, context=context)


def unlock(*, operator: Operator, passphrase: str, lock: Lock = Lock.VAULT) -> str:
    """Open the vault, or messages alone, for this operator; gives the value of the cookie that keeps it open.

    Raises NotAllowed, NoVault, NoMessagesLock, TooManyTries, WrongPassphrase, or VaultKeyChanged. Takes about a
    second (Argon2id).
    """
    public = public_key() if lock == Lock.VAULT else messages_public_key()
    private = tested(operator=operator, passphrase=passphrase, lock=lock)
    if sealing.public_key_of(private) != public:
        raise VaultKeyChanged if lock == Lock.VAULT else MessagesKeyChanged
    with transaction.atomic():
        UnlockSession.objects.over(timezone.now()).delete()
        token = sessions.start(operator=operator, private=private, now=timezone.now(), lock=lock)
        record(VaultEvent.Kind.UNLOCKED, operator=operator, lock=lock)
    _do_what_waited(private, lock, timezone.now())
    return token


def _do_what_waited(private: bytes, lock: Lock, now: datetime) -> None:
    locks_at = now + IDLE
    opened: Unlocked = OpenMessages(private, lock=lock, locks_at=locks_at)
    if lock == Lock.VAULT:
        opened = OpenVault(private, locks_at=locks_at)
    at_unlock.do_all(lambda: messages_of(opened), now)


def tested(*, operator: Operator | None, passphrase: str, lock: Lock) -> bytes:
    """The private key behind the passphrase; each call of somebody who may is a try that counts.

    Raises NotAllowed, NoVault, NoMessagesLock, TooManyTries, WrongPassphrase.
    """
    require(operator, lock)
    slot = KeySlot.objects.of(lock).filter(kind=KeySlot.Kind.PASSPHRASE).first()
    if slot is None:
        raise NoVault if lock == Lock.VAULT else NoMessagesLock
    take_a_try(operator=operator, lock=lock)
    try:
        private = slots.open_with_passphrase(slot, passphrase, lock=lock)
    except WrongPassphrase as error:
        record(VaultEvent.Kind.REFUSED, operator=operator, lock=lock)
        raise (WrongPassphrase if lock == Lock.VAULT else WrongMessagesPassphrase) from error
    UnlockAttempt.objects.filter(lock=lock).delete()
    return private


def take_a_try(*, operator: Operator | None, lock: Lock = Lock.VAULT) -> None:
    """Count a try before it is made: committed at once, so that parallel tries see it. Raises TooManyTries."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        current_vault(lock)
        attempts = UnlockAttempt.objects.counting(now, lock).order_by("tried_at")
        counting = list(attempts.values_list("tried_at", flat=True))
        if len(counting) < TRIES:
            UnlockAttempt.objects.create(lock=lock, tried_at=now)
            return
        told = VaultEvent.objects.filter(
            lock=lock,
            kind=VaultEvent.Kind.LOCKED_OUT,
            at__gt=now - TRIES_WITHIN,
            at__lte=now + clock.BEHIND,
        )
        if not told.exists():
            record(VaultEvent.Kind.LOCKED_OUT, operator=operator, lock=lock)
    raise TooManyTries(until=counting[-TRIES] + TRIES_WITHIN)


def lock(*, operator: Operator) -> None:
    """Close whatever this operator has open, in every browser."""
    sessions_open = UnlockSession.objects.filter(operator=operator)
    closed = sorted(set(sessions_open.values_list("lock", flat=True)))
    sessions_open.delete()
    for name in closed:
        record(VaultEvent.Kind.LOCKED, operator=operator, lock=Lock(name))


def unlocked(request: HttpRequest) -> Unlocked | None:
    """What this request's operator has open: the vault, or messages alone; using it puts off the idle lock.

    None: locked. Raises VaultKeyChanged if the public key was swapped since.
    """
    token = request.COOKIES.get(settings.VAULT_COOKIE_NAME, "")
    operator = request.user
    if not token or not isinstance(operator, Operator) or not admin.site.has_permission(request):
        return None
    if operator.seen_as:  # only looking, as a role that is tried on: nothing is opened, and nothing locked
        return None
    resumed = sessions.resume(token, operator=operator, now=timezone.now())
    if isinstance(resumed, OpenVault) and resumed.public_key != public_key():
        raise VaultKeyChanged
    if isinstance(resumed, OpenMessages) and resumed.public_key != messages_public_key():
        raise MessagesKeyChanged
    return resumed


def opened(request: HttpRequest) -> OpenVault | None:
    """The vault, if this request's operator has it open. The lock for messages does not do. Raises as `unlocked`."""
    found = unlocked(request)
    return found if isinstance(found, OpenVault) else None


def opened_messages(request: HttpRequest) -> OpenMessages | None:
    """Messages, if this request's operator has them open, by their own lock or by the vault. Raises as `unlocked`."""
    found = unlocked(request)
    return messages_of(found) if found else None


def messages_of(found: Unlocked) -> OpenMessages:
    """Messages, by what is open. Raises MessagesKeyChanged, or sealing.SealingError if the lock was altered."""
    if isinstance(found, OpenMessages):
        return found
    if not has_messages_lock():
        return found.messages()
    row, public = current_vault(Lock.MESSAGES), messages_public_key()
    try:
        return found.messages_lock(row.sealed_private_key or b"", public, context=row.key_context)
    except VaultKeyChanged as error:
        raise MessagesKeyChanged from error


def locks_of(user: Operator | AnonymousUser) -> list[Lock]:
    """The locks that are set up and go with the role: what a page that shows messages can offer."""
    there = set(Vault.objects.values_list("lock", flat=True))
    return [lock for lock in Lock if lock in there and may_open(user, lock)]


@transaction.atomic
def record(
    kind: VaultEvent.Kind, *, operator: Operator | None = None, lock: Lock = Lock.VAULT, holding: str = ""
) -> VaultEvent:
    """Append to the vault's log; the kinds that matter are mailed to the operator by the worker."""
    event = VaultEvent.objects.create(kind=kind, at=timezone.now(), operator=operator, lock=lock, holding=holding)
    if kind in VaultEvent.ANNOUNCED:
        queue(EVENT.name, about=event.pk, now=event.at)
    return event


def record_opening(*, operator: Operator, kind: str, key: UUID | None = None, lock: Lock = Lock.VAULT) -> None:
    """Log that contents were shown: whose, by kind and random key, as in ("customers.customer", key).

    Without a key: several at once, in a list.

    `lock` is what such contents are sealed to; without a lock for messages that is the vault.
    """
    sealed_to = lock if has_messages_lock() else Lock.VAULT
    record(VaultEvent.Kind.OPENED, operator=operator, lock=sealed_to, holding=f"{kind}|{key or ''}")


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("lines of the vault's log"), VaultEvent.objects.old(now).count()


@clock.destroys_by_time(_would_go)
def sweep(now: datetime) -> int:
    """Worker's job: delete what no longer counts: log lines that had their time, old tries, sessions that are over or
    whose account may do something else by now, whoever wrote that.
    """
    held = UnlockSession.objects.select_related("operator")
    stale = UnlockSession.objects.filter(pk__in=[row.pk for row in held if not sessions.goes_with(row.operator, row)])
    swept = [UnlockSession.objects.over(now), stale, UnlockAttempt.objects.spent(now), VaultEvent.objects.old(now)]
    return sum(rows.delete()[0] for rows in swept)
