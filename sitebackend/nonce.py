"""The form's nonce: a signed random value with its time, in a hidden field, so that no cookie is needed.

It tells a form sent twice from two forms, and a person's pace from a machine's.
"""

import secrets
from datetime import timedelta
from enum import Enum

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

FASTEST = timedelta(seconds=3)  # nobody reads and fills in a form sooner; browsers' autofill may
LONGEST = timedelta(days=1)
_signer = TimestampSigner(salt="form.nonce")


class Age(Enum):
    """How long ago the form was given out, as far as it matters."""

    TOO_FAST = "too fast"
    FINE = "fine"
    TOO_OLD = "too old"
    FORGED = "forged"


def issue() -> str:
    return _signer.sign(secrets.token_urlsafe(16))


def kept_or_fresh(nonce: str) -> str:
    """The same one as long as it counts, so that its age does: whoever has to send a form twice is not too fast."""
    return nonce if age(nonce) in (Age.FINE, Age.TOO_FAST) else issue()


def age(nonce: str) -> Age:
    try:
        _signer.unsign(nonce, max_age=LONGEST)
    except SignatureExpired:
        return Age.TOO_OLD
    except BadSignature:
        return Age.FORGED
    return Age.TOO_FAST if _is_younger(nonce, FASTEST) else Age.FINE


def _is_younger(nonce: str, than: timedelta) -> bool:
    try:
        _signer.unsign(nonce, max_age=than)
    except SignatureExpired:
        return False
    return True
