"""A visitor's cookie choice, read from the cookie alone.

What must never happen: a garbled, foreign or outdated cookie counts as an agreement. So only pairs that name
a group of the present offer count, and only together with the present edition (`v=…`); all else is as if
nothing had been decided, and the visitor is asked again.
"""

from dataclasses import dataclass

from cookie_consent.util import parse_cookie_str
from django.conf import settings
from django.http import HttpRequest

from consent import offer as offers
from consent.offer import Offer

EDITION = "v"  # the pair in the cookie that says which edition was answered; no group can be called so
LONGEST_COOKIE = 2048  # characters; what we set is far shorter


@dataclass(frozen=True, slots=True)
class Choice:
    accepted: frozenset[str]
    refused: frozenset[str]
    undecided: frozenset[str]
    is_signalled: bool = False  #: the browser said no in advance (Sec-GPC: 1)

    @property
    def asks(self) -> bool:
        """Whether the visitor still has to be asked."""
        return bool(self.undecided) and not self.is_signalled


def variant(cookie: str, sec_gpc: str, offer: Offer) -> str:
    """The name of what these two headers' values lead to: the same for all visitors who get the same bytes.

    For caches in front of the views. What a visitor sends does not get into it, so there are few of them.
    """
    choice = read(cookie, is_signalled=sec_gpc == "1", offer=offer)
    asks = "asks" if choice.asks else "quiet"
    return "|".join([offer.edition, asks, ",".join(sorted(choice.accepted)), ",".join(sorted(choice.undecided))])


def choice_of(request: HttpRequest) -> Choice:
    """The choice that came with `request`; whoever asks makes the answer vary by it."""
    request.META["consent.was_read"] = True
    cookie = request.COOKIES.get(settings.COOKIE_CONSENT_NAME, "")
    return read(cookie, is_signalled=request.headers.get("Sec-GPC") == "1", offer=offers.current())


def read(cookie: str, *, is_signalled: bool, offer: Offer) -> Choice:
    optional = offer.optional_groups()
    decided = pairs(cookie, offer)
    refused = frozenset(group for group, value in decided.items() if value == settings.COOKIE_CONSENT_DECLINE)
    accepted = frozenset(decided) - refused
    return Choice(accepted, refused, optional - accepted - refused, is_signalled)


def pairs(cookie: str, offer: Offer) -> dict[str, str]:
    """The decisions in `cookie` that answer this very offer, by group."""
    if len(cookie) > LONGEST_COOKIE:
        return {}
    found = parse_cookie_str(cookie)
    if found.get(EDITION) != offer.edition:
        return {}
    return {group: found[group] for group in sorted(offer.optional_groups() & found.keys())}
