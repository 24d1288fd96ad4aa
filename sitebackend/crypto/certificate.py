"""What is known of one OpenPGP certificate, read from what gpg lists of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

RSA, WEAK = ("1", "2", "3"), ("16", "17", "20")  # RFC 9580, 9.1: of the weak ones ElGamal, DSA, ElGamal
LEAST_RSA_BITS = 2048
_NAMES = {"16": "ElGamal", "17": "DSA", "20": "ElGamal", **dict.fromkeys(RSA, "RSA")}


@dataclass(frozen=True, slots=True)
class Part:
    """The primary key, or a subkey that encrypts."""

    fingerprint: str
    algorithm: str  #: as in `RSA 1024` or `cv25519`
    expires: datetime | None
    revoked: bool
    is_weak: bool  #: no longer recommended by anybody

    def has_ended(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of one OpenPGP certificate. Times are aware (UTC); None: never expires."""

    fingerprint: str
    user_ids: tuple[str, ...]
    created: datetime
    primary: Part
    encrypting: tuple[Part, ...]  #: what gpg could encrypt to, were it neither revoked nor over
    binary: bytes  #: as gpg exports it: primary key, what encrypts, with its own signatures alone
    armoured: bytes  #: the same, for people and mail programs

    @property
    def expires(self) -> datetime | None:
        """The earlier end of primary key and best encryption subkey."""
        ends = [self.primary.expires, latest.expires if (latest := self._longest()) else None]
        return min((end for end in ends if end), default=None)

    @property
    def weak_parts(self) -> tuple[Part, ...]:
        return tuple(part for part in (self.primary, *self._valid()) if part.is_weak)

    def problem(self, now: datetime) -> str:
        """Why nothing can be encrypted to it; empty if fine.

        One of: revoked, expired, no_encryption_key, subkey_revoked, subkey_expired.
        """
        if self.primary.revoked:
            return "revoked"
        if self.primary.has_ended(now):
            return "expired"
        if not self.encrypting:
            return "no_encryption_key"
        longest = self._longest()
        if longest is None:
            return "subkey_revoked"
        return "subkey_expired" if longest.has_ended(now) else ""

    def ended_by(self, moment: datetime) -> tuple[Part, ...]:
        """The parts without which it ends: primary key, the subkey that holds longest, or both."""
        return tuple(dict.fromkeys(part for part in (self.primary, self._longest()) if part and part.has_ended(moment)))

    def extension(self, moment: datetime) -> tuple[str, ...]:
        """The commands that extend what has ended by then, and give the key out anew."""
        ends = self.ended_by(moment)
        subkeys = [f" {part.fingerprint}" if part != self.primary else "" for part in ends]
        return (
            *(f"gpg --quick-set-expire {self.fingerprint} 2y{subkey}" for subkey in subkeys),
            f"gpg --export --armor {self.fingerprint} > key.asc",
        )

    def _valid(self) -> list[Part]:
        return [part for part in self.encrypting if not part.revoked]

    def _longest(self) -> Part | None:
        """The encryption subkey that ends last."""
        never = datetime.max.replace(tzinfo=UTC)
        return max(self._valid(), key=lambda part: part.expires or never, default=None)


def as_listed(key: dict[str, Any], *, user_ids: tuple[str, ...], binary: bytes, armoured: bytes) -> Certificate:
    """One entry of python-gnupg's list of keys, with what gpg exports of it."""
    listed = [key, *key.get("subkey_info", {}).values()]
    return Certificate(
        fingerprint=key["fingerprint"],
        user_ids=user_ids,
        created=datetime.fromtimestamp(int(key["date"]), UTC),
        primary=_part(key),
        encrypting=tuple(_part(part) for part in listed if "e" in part["cap"] and part["trust"] != "i"),
        binary=binary,
        armoured=armoured,
    )


def _part(listed: dict[str, Any]) -> Part:
    number, bits = listed["algo"], int(listed["length"] or 0)
    return Part(
        fingerprint=listed["fingerprint"],
        algorithm=f"{_NAMES[number]} {bits}" if number in _NAMES else listed.get("curve") or number,
        expires=_time(listed["expires"]),
        revoked=listed["trust"] == "r",
        is_weak=number in WEAK or (number in RSA and bits < LEAST_RSA_BITS),
    )


def _time(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
