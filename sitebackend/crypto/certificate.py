"""What is known of one OpenPGP certificate, read from what gpg lists of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of one OpenPGP certificate. Times are aware (UTC); None: never expires."""

    fingerprint: str
    user_ids: tuple[str, ...]
    created: datetime
    expires: datetime | None  #: the earlier end of primary key and best encryption subkey
    revoked: bool
    can_encrypt: bool
    binary: bytes  #: as gpg exports it, with its own signatures alone
    armoured: bytes  #: the same, for people and mail programs

    def problem(self, now: datetime) -> str:
        """Why nothing can be encrypted to it, in one of: revoked, expired, no_encryption_key; empty if fine."""
        if self.revoked:
            return "revoked"
        if self.expires and self.expires <= now:
            return "expired"
        return "" if self.can_encrypt else "no_encryption_key"


def as_listed(key: dict[str, Any], *, binary: bytes, armoured: bytes) -> Certificate:
    """One entry of python-gnupg's list of keys, with what gpg exports of it."""
    parts = [key, *key.get("subkey_info", {}).values()]
    subkeys = [part for part in parts if "e" in part["cap"] and part["trust"] not in ("r", "i")]
    ends = [_time(info["expires"]) for info in subkeys]
    latest = None if None in ends else max((end for end in ends if end), default=None)
    return Certificate(
        fingerprint=key["fingerprint"],
        user_ids=tuple(key["uids"]),
        created=datetime.fromtimestamp(int(key["date"]), UTC),
        expires=min((end for end in (_time(key["expires"]), latest) if end), default=None),
        revoked=key["trust"] == "r",
        can_encrypt=bool(subkeys),
        binary=binary,
        armoured=armoured,
    )


def _time(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
