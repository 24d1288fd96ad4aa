"""Unlock sessions: the open vault of one browser, in two halves of which neither is of use alone.

The row holds the private key sealed under 32 random bytes; the cookie holds those bytes and the row's key. The
time of unlocking and the operator are bound into the seal, so that nobody stretches or hands on a session by
editing the row.
"""

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sitebackend.crypto import sealing
from sitebackend.models import Operator
from sitebackend.vault.models import UnlockSession
from sitebackend.vault.opened import OpenVault

TOUCH_AFTER = timedelta(seconds=15)  # a use is written down at most this often


def start(*, operator: Operator, private: bytes, now: datetime) -> str:
    """Open the vault for `operator`; gives the value of the cookie."""
    key = secrets.token_bytes(sealing.KEY_LENGTH)
    row = UnlockSession(operator=operator, password_digest=_digest(operator), unlocked_at=now, last_used_at=now)
    row.sealed_key = sealing.wrap(key, private, context=_context(row))
    row.save(force_insert=True)
    return f"{row.id.hex}.{base64.urlsafe_b64encode(key).decode()}"


def resume(token: str, *, operator: Operator, now: datetime) -> OpenVault | None:
    """The vault that the cookie's value opens for this operator, or None: locked."""
    identifier, key = _parse(token)
    row = UnlockSession.objects.filter(id=identifier, operator=operator).first() if identifier else None
    if row is None:
        return None
    if row.is_over(now) or row.password_digest != _digest(operator):
        row.delete()
        return None
    try:
        private = sealing.unwrap(key, row.sealed_key, context=_context(row))
    except sealing.SealingError:
        return None
    _touch(row, now)
    return OpenVault(private, locks_at=row.locks_at)


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


def _digest(operator: Operator) -> str:
    return operator.get_session_auth_hash()


def _context(row: UnlockSession) -> str:
    return f"unlock|{row.id}|{row.operator_id}|{row.unlocked_at.timestamp()}"
