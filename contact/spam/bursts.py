"""Bursts: much the same text from several senders within a day.

What must never happen: what was written can be told from what is kept for this. So of a text only four digests are
kept, of the senders another each, in the cache alone, with a key that is thrown away with its day. Two texts that
share half of the digests share about half of their phrases or more (MinHash).
"""

import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import cast

from django.core.cache import cache

from contact.spam import disguises, links
from contact.spam.words import JUDGED
from sitebackend.formats import email_address

SLOTS, ALIKE = 4, 2
SLOT = 8  # bytes
PHRASE = 3  # words
SHORTEST = 15  # words; shorter texts are alike by chance
OTHER_SENDERS = 2  # the third one is a burst
MOST_SENDERS = 10  # kept of one digest
DAY = 24 * 60 * 60  # seconds


def is_one(fields: Mapping[str, str]) -> bool:
    """Whether others sent much the same within a day; notes this text for those who come."""
    salt = _salt_of_today()
    keys = _keys(fields.get("message", "")[:JUDGED], salt)
    sender = _digest(salt, email_address.key_of(fields.get("email", "")) or fields.get("name", "")).hex()
    known: dict[str, list[str]] = cache.get_many(keys)
    shared = Counter(other for senders in known.values() for other in senders if other != sender)
    cache.set_many({key: [*known.get(key, ()), sender][-MOST_SENDERS:] for key in keys}, timeout=DAY)
    return sum(count >= ALIKE for count in shared.values()) >= OTHER_SENDERS


def _keys(text: str, salt: bytes) -> list[str]:
    words = [word for word in disguises.folded(links.without(text)).split() if word.isalpha()]
    if len(words) < SHORTEST:
        return []
    phrases = {" ".join(words[start : start + PHRASE]) for start in range(len(words) - PHRASE + 1)}
    digests = [_digest(salt, phrase) for phrase in phrases]
    smallest = (min(digest[slot * SLOT : (slot + 1) * SLOT] for digest in digests) for slot in range(SLOTS))
    return [f"burst:{slot}:{digest.hex()}" for slot, digest in enumerate(smallest)]


def _digest(salt: bytes, text: str) -> bytes:
    return blake2b(text.encode(errors="replace"), key=salt, digest_size=SLOTS * SLOT).digest()


def _salt_of_today() -> bytes:
    key = f"burst-salt:{datetime.now(UTC).date().isoformat()}"
    return cast(bytes, cache.get_or_set(key, lambda: secrets.token_bytes(32), timeout=DAY))
