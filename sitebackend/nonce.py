"""The form's nonce: a signed random value with its time, in a hidden field, so that no cookie is needed.

It tells a form sent twice from two forms, and a person's pace from a machine's. Whoever must send a form once more
has read it already: a fresh nonce inherits the age of the first.
"""

import secrets
from datetime import timedelta
from enum import Enum

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

FASTEST = timedelta(seconds=3)  # nobody reads and fills in a form sooner; browsers' autofill may
LONGEST = timedelta(days=1)
_READ = ".read"  #: behind the random value, inside the signature
_signer = TimestampSigner(salt="form.nonce")


class Age(Enum):
    """How long ago the form was given out, as far as it matters."""

    TOO_FAST = "too fast"
    FINE = "fine"
    TOO_OLD = "too old"
    FORGED = "forged"


def issue() -> str:
    return _signer.sign(secrets.token_urlsafe(16))


def kept_or_fresh(earlier: str) -> str:
    """The same one as long as it counts; then a fresh one, that counts as read at once. A forged one leaves nothing."""
    if (how_old := age(earlier)) in (Age.FINE, Age.TOO_FAST):
        return earlier
    return _signer.sign(secrets.token_urlsafe(16) + _READ) if how_old is Age.TOO_OLD else issue()


def age(nonce: str) -> Age:
    try:
        value = _signer.unsign(nonce, max_age=LONGEST)
    except SignatureExpired:
        return Age.TOO_OLD
    except BadSignature:
        return Age.FORGED
    return Age.TOO_FAST if _is_younger(nonce, FASTEST) and not value.endswith(_READ) else Age.FINE


def _is_younger(nonce: str, than: timedelta) -> bool:
    try:
        _signer.unsign(nonce, max_age=than)
    except SignatureExpired:
        return False
    return True
