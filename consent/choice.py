"""A visitor's cookie choice, read from the cookie alone.

What must never happen: a garbled, foreign, altered or outdated cookie counts as an agreement, or one lives longer
than it was given for. So the cookie carries a seal over all its pairs, and each decision its own time: it counts
from then on until COOKIE_CONSENT_MAX_AGE later, whatever the browser keeps, and a time in the future is none. Only
pairs that name a provider of the present offer count, and only together with the present edition (`v=…`); all else
is as if nothing had been decided, and the visitor is asked again.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from cookie_consent.util import dict_to_cookie_str, parse_cookie_str
from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from consent import offer as offers
from consent.offer import Offer

EDITION = "v"  #: the pair that says which edition was answered
TIME = "t"  #: when something was decided last, in epoch seconds
SEAL = "s"  #: over all other pairs
RESERVED = frozenset({EDITION, TIME, SEAL})  #: no group can be called so
LONGEST_COOKIE = 2048  # characters; what we set is far shorter

_signer = Signer(salt="consent.choice")


@dataclass(frozen=True, slots=True)
class Choice:
    accepted: frozenset[str]
    refused: frozenset[str]
    undecided: frozenset[str]
    is_signalled: bool = False  #: the browser said no in advance (Sec-GPC: 1)
    until: float = inf  #: epoch seconds at which the first of the decisions is forgotten
    is_made: bool = False  #: something was decided, be it about no provider at all

    @property
    def asks(self) -> bool:
        """Whether the visitor still has to be asked."""
        is_due = self.undecided or (settings.COOKIE_BANNER == "always" and not self.is_made)
        return bool(is_due) and not self.is_signalled


def choice_of(request: HttpRequest) -> Choice:
    """The choice that came with `request`; whoever asks makes the answer vary by it."""
    request.META["consent.was_read"] = True
    cookie = request.COOKIES.get(settings.COOKIE_CONSENT_NAME, "")
    return read(cookie, is_signalled=request.headers.get("Sec-GPC") == "1", offer=offers.current())


def read(cookie: str, *, is_signalled: bool, offer: Offer) -> Choice:
    in_use = offer.optional_groups()
    times = decided(cookie, offer)
    groups = {group: at for group, at in times.items() if group in in_use}
    accepted = frozenset(group for group, at in groups.items() if at > 0)
    return Choice(
        accepted=accepted,
        refused=frozenset(groups) - accepted,
        undecided=in_use - groups.keys(),
        is_signalled=is_signalled,
        until=min((abs(at) for at in times.values()), default=inf) + settings.COOKIE_CONSENT_MAX_AGE,
        is_made=bool(times),
    )


def decided(cookie: str, offer: Offer) -> dict[str, int]:
    """What in `cookie` answers this very offer and still holds: by group when it was accepted, or minus when refused.

    The time of the last decision stands there as TIME.
    """
    pairs = _opened(cookie)
    if pairs.get(EDITION) != offer.edition:
        return {}
    now = time.time()
    times = {name: int(pairs[name]) for name in sorted(offer.optional_groups() - RESERVED | {TIME}) if name in pairs}
    return {name: at for name, at in times.items() if 0 <= now - abs(at) < settings.COOKIE_CONSENT_MAX_AGE}


def sealed(decisions: Mapping[str, int], offer: Offer) -> dict[str, str]:
    """The pairs of the cookie for what `decided` gives; TIME has to be among them."""
    pairs = {EDITION: offer.edition} | {name: str(at) for name, at in decisions.items()}
    return pairs | {SEAL: _signer.signature(dict_to_cookie_str(pairs))}


def _opened(cookie: str) -> dict[str, str]:
    """The pairs of a cookie that we have set, as we have set it; nothing of any other."""
    text, _separator, seal = cookie.rpartition(f"|{SEAL}=")
    if not text or len(cookie) > LONGEST_COOKIE or not constant_time_compare(_signer.signature(text), seal):
        return {}
    return parse_cookie_str(text)
