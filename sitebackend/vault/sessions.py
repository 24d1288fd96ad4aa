"""Unlock sessions: the open vault of one browser, in two halves of which neither is of use alone.

The row holds the private key sealed under 32 random bytes; the cookie holds those bytes and the row's key. The
lock, the time of unlocking and the operator are bound into the seal, so that nobody stretches, widens or hands on
a session by editing the row.
"""

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault.models import Lock, UnlockSession
from sitebackend.vault.opened import OpenMessages, OpenVault, Unlocked

TOUCH_AFTER = timedelta(seconds=15)  # a use is written down at most this often


def start(*, operator: Operator, private: bytes, now: datetime, lock: Lock = Lock.VAULT) -> str:
    """Open the lock for `operator`; gives the value of the cookie."""
    key = secrets.token_bytes(sealing.KEY_LENGTH)
    digest = operator.get_session_auth_hash()
    row = UnlockSession(operator=operator, lock=lock, password_digest=digest, unlocked_at=now, last_used_at=now)
    row.sealed_key = sealing.wrap(key, private, context=_context(row))
    row.save(force_insert=True)
    return f"{row.id.hex}.{base64.urlsafe_b64encode(key).decode()}"


def resume(token: str, *, operator: Operator, now: datetime) -> Unlocked | None:
    """What the cookie's value opens for this operator, or None: locked."""
    identifier, key = _parse(token)
    row = UnlockSession.objects.filter(id=identifier, operator=operator).first() if identifier else None
    if row is None:
        return None
    if row.is_over(now) or not goes_with(operator, row):
        row.delete()
        return None
    try:
        private = sealing.unwrap(key, row.sealed_key, context=_context(row))
    except sealing.SealingError:
        return None
    _touch(row, now)
    if row.lock == Lock.MESSAGES:
        return OpenMessages(private, lock=Lock.MESSAGES, locks_at=row.locks_at)
    return OpenVault(private, locks_at=row.locks_at)


def goes_with(operator: Operator, row: UnlockSession) -> bool:
    """Neither password nor role has changed since, and the role still opens this lock."""
    same = row.password_digest == operator.get_session_auth_hash()
    return same and operator.has_perm(Lock(row.lock).permission)


def _touch(row: UnlockSession, now: datetime) -> None:
    if now - row.last_used_at >= TOUCH_AFTER:
        row.last_used_at = now
        UnlockSession.objects.filter(id=row.id).update(last_used_at=now)


def _parse(token: str) -> tuple[UUID | None, bytes]:
    identifier, _, key = token.partition(".")
    try:
        decoded = base64.b64decode(key, altchars=b"-_", validate=True)
        return (UUID(hex=identifier), decoded) if len(decoded) == sealing.KEY_LENGTH else (None, b"")
    except (ValueError, binascii.Error):
        return None, b""


def _context(row: UnlockSession) -> str:
    return f"unlock|{row.lock}|{row.id}|{row.operator_id}|{row.unlocked_at.timestamp()}"
