"""The printed recovery key: 256 random bits that a person can type back, and that tells a typo from a wrong key.

    K7QW2-9F3XA-…  twelve groups of five signs

Crockford's alphabet (no I, L, O, U; small letters and I, L, O are read as what they look like). The secret and
24 bits of its SHA-256 make 56 signs; each half of 28 gets two check signs of a Reed-Solomon code over GF(32),
which name the place of a single wrong sign and the right one. The 24 bits catch what the code takes for
something else. Nothing here is secret knowledge: the check runs before the vault is asked.
"""

import hashlib
import secrets

from django.utils.translation import gettext as _

from sitebackend.vault.errors import RecoveryKeyMistyped

LENGTH = 32  # bytes
GROUP = 5  # signs
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans("ILO", "110", " -–—\t\r\n")
_HALF = 30  # signs: 28 of the message and 2 to check it
_CHECK_BYTES = 3
_SIGNS = 2 * _HALF

# GF(32) by the powers of x modulo x⁵ + x² + 1
_POWERS = [1]
while len(_POWERS) < 31:
    _POWERS.append((_POWERS[-1] << 1) ^ (0b100101 if _POWERS[-1] & 16 else 0))
_LOGARITHMS = {value: exponent for exponent, value in enumerate(_POWERS)}


def new() -> bytes:
    return secrets.token_bytes(LENGTH)


def printed(secret: bytes) -> str:
    """The secret as it stands on paper."""
    number = int.from_bytes(secret + _check(secret))
    message = [number >> 5 * place & 31 for place in reversed(range(_SIGNS - 4))]
    signs = [*_with_check_signs(message[:28]), *_with_check_signs(message[28:])]
    text = "".join(_ALPHABET[sign] for sign in signs)
    return "-".join(text[start : start + GROUP] for start in range(0, _SIGNS, GROUP))


def parse(typed: str) -> bytes:
    """The secret that was typed. Raises RecoveryKeyMistyped, which names the place if it can be known."""
    signs = _signs(typed)
    for start in (0, _HALF):
        _check_half(signs[start : start + _HALF], start)
    message = [*signs[: _HALF - 2], *signs[_HALF:-2]]
    number = sum(sign << 5 * place for place, sign in enumerate(reversed(message)))
    secret, check = number.to_bytes(LENGTH + _CHECK_BYTES)[:LENGTH], number.to_bytes(LENGTH + _CHECK_BYTES)[LENGTH:]
    if check != _check(secret):
        raise RecoveryKeyMistyped(_("Several signs of the recovery key are mistyped. Compare it with the paper."))
    return secret


def _signs(typed: str) -> list[int]:
    text = typed.upper().translate(_LOOKS_LIKE)
    for place, sign in enumerate(text):
        if sign not in _ALPHABET:
            raise _mistyped(place, _("“{sign}” does not occur in recovery keys.").format(sign=sign))
    if len(text) != _SIGNS:
        message = _("A recovery key has {expected} signs; {count} were typed.")
        raise RecoveryKeyMistyped(message.format(expected=_SIGNS, count=len(text)))
    return [_ALPHABET.index(sign) for sign in text]


def _check_half(half: list[int], start: int) -> None:
    """Both syndromes of a right half are zero; one wrong sign gives (e, e·α^place)."""
    first, second = _syndromes(half)
    if not first and not second:
        return
    if first and second:
        place = (_LOGARITHMS[second] - _LOGARITHMS[first]) % 31
        if place < _HALF:
            likely = _ALPHABET[half[place] ^ first]
            raise _mistyped(start + place, _("It should probably be “{sign}”.").format(sign=likely))
    first_group, last_group = start // GROUP + 1, (start + _HALF) // GROUP
    message = _("Several signs are mistyped in the groups {first} to {last}. Compare them with the paper.")
    raise RecoveryKeyMistyped(message.format(first=first_group, last=last_group))


def _mistyped(place: int, hint: str) -> RecoveryKeyMistyped:
    group, sign = place // GROUP + 1, place % GROUP + 1
    where = _("Typo in the recovery key: group {group}, sign {sign}.").format(group=group, sign=sign)
    return RecoveryKeyMistyped(f"{where} {hint}", group=group, sign=sign)


def _check(secret: bytes) -> bytes:
    return hashlib.sha256(b"recovery key" + secret).digest()[:_CHECK_BYTES]


def _syndromes(half: list[int]) -> tuple[int, int]:
    first = second = 0
    for place, sign in enumerate(half):
        first ^= sign
        second ^= _times(sign, place)
    return first, second


def _with_check_signs(message: list[int]) -> list[int]:
    """Append the two signs (at places 28 and 29) that make both syndromes zero."""
    first, second = _syndromes(message)
    # a + b = first and a·α²⁸ + b·α²⁹ = second
    last = _divided(second ^ _times(first, 28), _POWERS[28] ^ _POWERS[29])
    return [*message, first ^ last, last]


def _times(value: int, exponent: int) -> int:
    return _POWERS[(_LOGARITHMS[value] + exponent) % 31] if value else 0


def _divided(value: int, divisor: int) -> int:
    return _times(value, -_LOGARITHMS[divisor])
