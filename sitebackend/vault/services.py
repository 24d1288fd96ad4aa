"""The vault's verbs: set up, seal, unlock, lock.

What must never happen: the server opens a sealed value while the vault is locked. So the private key exists in
the clear only inside a request that brought the passphrase or an unlock cookie; at rest it is sealed in slots
and unlock sessions. Base-mode HPKE does not authenticate who sealed: a pinned fingerprint keeps the vault's own
public key from being swapped unnoticed, and no more than that is claimed.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from sitebackend.crypto import sealing
from sitebackend.mail.services import queue
from sitebackend.models import Operator
from sitebackend.vault import recovery_key, sessions, slots
from sitebackend.vault.errors import NoVault, TooManyTries, VaultExists, VaultKeyChanged, WrongPassphrase
from sitebackend.vault.mail import EVENT
from sitebackend.vault.models import TRIES, TRIES_WITHIN, KeySlot, UnlockAttempt, UnlockSession, Vault, VaultEvent
from sitebackend.vault.opened import OpenVault


def set_up(*, passphrase: str, operator: Operator | None = None) -> str:
    """Make the vault; gives the printed recovery key, which exists nowhere else.

    Raises VaultExists, PassphraseTooShort.
    """
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


def current_vault() -> Vault:
    """The vault's row, held until the end of the transaction, if there is one: rotation waits for what is being
    sealed, and the other way round. Raises NoVault.
    """
    rows = Vault.objects.select_for_update() if connection.in_atomic_block else Vault.objects.all()
    vault = rows.first()
    if vault is None:
        raise NoVault
    return vault


def public_key() -> bytes:
    """The vault's public key. Raises NoVault, or VaultKeyChanged if it is not the one the settings pin."""
    public = bytes(current_vault().public_key)
    pinned = settings.VAULT_FINGERPRINT.replace(" ", "").lower()
    if pinned and sealing.fingerprint(public) != pinned:
        raise VaultKeyChanged
    return public


def seal(plaintext: bytes, *, context: str) -> bytes:
    """Seal to the vault; `context` says what and whose it is, and opening must repeat it. Raises as `public_key`.

    Call it in the transaction that stores the result, so that a rotation cannot come between.
    """
    return sealing.seal(public_key(), plaintext, context=context)


def new_holder_key(*, context: str) -> tuple[bytes, bytes]:
    """A key pair for somebody (a customer, the archive): (public, private half sealed to the vault)."""
    public, private = sealing.new_key_pair()
    return public, seal(private, context=context)


def seal_to_holder(public: sealing.Stored, plaintext: bytes, *, context: str) -> bytes:
    """Seal to a holder's public key."""
    return sealing.seal(bytes(public), plaintext, context=context)


def unlock(*, operator: Operator, passphrase: str) -> str:
    """Open the vault for this operator; gives the value of the cookie that keeps it open.

    Raises NoVault, TooManyTries, WrongPassphrase, or VaultKeyChanged. Takes about a second (Argon2id).
    """
    public = public_key()
    private = tested(operator=operator, passphrase=passphrase)
    if sealing.public_key_of(private) != public:
        raise VaultKeyChanged
    with transaction.atomic():
        UnlockSession.objects.over(timezone.now()).delete()
        token = sessions.start(operator=operator, private=private, now=timezone.now())
        record(VaultEvent.Kind.UNLOCKED, operator=operator)
    return token


def tested(*, operator: Operator | None, passphrase: str) -> bytes:
    """The private key behind the passphrase; each call is a try that counts.

    Raises NoVault, TooManyTries, WrongPassphrase.
    """
    slot = KeySlot.objects.filter(kind=KeySlot.Kind.PASSPHRASE).first()
    if slot is None:
        raise NoVault
    take_a_try(operator=operator)
    try:
        private = slots.open_with_passphrase(slot, passphrase)
    except WrongPassphrase:
        record(VaultEvent.Kind.REFUSED, operator=operator)
        raise
    UnlockAttempt.objects.all().delete()
    return private


def take_a_try(*, operator: Operator | None) -> None:
    """Count a try before it is made: committed at once, so that parallel tries see it. Raises TooManyTries."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        current_vault()
        counting = list(UnlockAttempt.objects.counting(now).order_by("tried_at").values_list("tried_at", flat=True))
        if len(counting) < TRIES:
            UnlockAttempt.objects.create(tried_at=now)
            return
        if not VaultEvent.objects.filter(kind=VaultEvent.Kind.LOCKED_OUT, at__gt=now - TRIES_WITHIN).exists():
            record(VaultEvent.Kind.LOCKED_OUT, operator=operator)
    raise TooManyTries(until=counting[-TRIES] + TRIES_WITHIN)


def lock(*, operator: Operator) -> None:
    """Close the vault for this operator in every browser."""
    if UnlockSession.objects.filter(operator=operator).delete()[0]:
        record(VaultEvent.Kind.LOCKED, operator=operator)


def opened(request: HttpRequest) -> OpenVault | None:
    """The vault, if this request's operator has it open; using it puts off the idle lock. None: locked.

    Raises VaultKeyChanged if the public key was swapped since.
    """
    token = request.COOKIES.get(settings.VAULT_COOKIE_NAME, "")
    operator = request.user
    if not token or not isinstance(operator, Operator) or not admin.site.has_permission(request):
        return None
    vault = sessions.resume(token, operator=operator, now=timezone.now())
    if vault and vault.public_key != public_key():
        raise VaultKeyChanged
    return vault


@transaction.atomic
def record(kind: VaultEvent.Kind, *, operator: Operator | None = None, holding: str = "") -> VaultEvent:
    """Append to the vault's log; the kinds that matter are mailed to the operator by the worker."""
    event = VaultEvent.objects.create(kind=kind, at=timezone.now(), operator=operator, holding=holding)
    if kind in VaultEvent.ANNOUNCED:
        queue(EVENT.name, about=event.pk, now=event.at)
    return event


def record_opening(*, operator: Operator, kind: str, key: UUID) -> None:
    """Log that contents were shown: whose, by kind and random key, as in ("customers.customer", key)."""
    record(VaultEvent.Kind.OPENED, operator=operator, holding=f"{kind}|{key}")


def sweep(now: datetime) -> int:
    """Worker's job: delete what no longer counts: log lines that had their time, old tries, sessions that are over."""
    swept = [UnlockSession.objects.over(now), UnlockAttempt.objects.spent(now), VaultEvent.objects.old(now)]
    return sum(rows.delete()[0] for rows in swept)
