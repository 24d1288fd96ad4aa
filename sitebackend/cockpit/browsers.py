"""The browsers that operators have signed in from: a sign-in from one that is not known is mailed.

What must never happen: this becomes a record of who used what, where. The browser gets one random value in a
cookie; a row holds its digest, the account and two days: no address, no name of a browser. Whoever deletes
cookies is told of their next sign-in once more.

A browser is known to each account by itself. The site's very first sign-in is not mailed: nobody signed in before
who would have to be warned, and its password was printed a minute ago.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth import user_logged_in
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend import retention, second_factor
from sitebackend.cockpit import notices
from sitebackend.middleware import GetResponse
from sitebackend.models import Act, Event, KnownBrowser, Operator
from sitebackend.monitoring import clock

SWEPT_EVERY = 60 * 60  # seconds


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: Operator, **kwargs: Any) -> None:
    """With the second factor, if one is needed; else `recognise` waits for it."""
    if second_factor.is_satisfied(user):
        recognise(request, user)


def recognise(request: HttpRequest, operator: Operator) -> None:
    """A sign-in is complete: know this browser from now on, and tell if it was not known."""
    value = _value_of(request) or secrets.token_urlsafe(32)
    today = timezone.localdate()
    is_first = _is_first_ever()
    _row, is_new = KnownBrowser.objects.update_or_create(
        operator=operator,
        digest=_digest(value),
        defaults={"last_seen_on": today},
        create_defaults={"first_seen_on": today, "last_seen_on": today},
    )
    if is_new and not is_first:
        notices.note_and_tell(Act.NEW_BROWSER, by=operator, account=operator)
    request.META[_KNOWN_AS] = value


def forget(operator: Operator, *, but: HttpRequest | None = None) -> None:
    """From every browser, or from all but this request's, the next sign-in is one from an unknown browser."""
    kept = _digest(but.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")) if but else ""
    KnownBrowser.objects.filter(operator=operator).exclude(digest=kept).delete()


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("known browsers"), KnownBrowser.objects.forgotten(timezone.localdate(now)).count()


@clock.destroys_by_time(_would_go)
def sweep(now: datetime) -> int:
    """Worker job, once an hour: forget browsers whose cookie is over; gives how many."""
    if not cache.add("cockpit.browsers.swept", 1, SWEPT_EVERY):
        return 0
    return KnownBrowser.objects.forgotten(timezone.localdate(now)).delete()[0]


class KnownBrowserMiddleware:
    """Gives the cookie to the browser that somebody has just signed in from."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _KNOWN_AS in request.META:
            response.set_cookie(
                settings.DEVICE_COOKIE_NAME,
                request.META[_KNOWN_AS],
                max_age=retention.KNOWN_BROWSERS,
                secure=settings.HTTPS,
                httponly=True,
                samesite="Strict",
            )
        return response


_KNOWN_AS = "sitebackend.known_as"


def _value_of(request: HttpRequest) -> str:
    """The cookie's, if it was given here: nobody is known by a value that somebody else chose."""
    value = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    return value if value and KnownBrowser.objects.filter(digest=_digest(value)).exists() else ""


def _is_first_ever() -> bool:
    """The login of this sign-in may stand in the trail already."""
    logins = Event.objects.filter(act=Act.LOGGED_IN)
    return not KnownBrowser.objects.exists() and logins.count() <= 1


def _digest(value: str) -> str:
    return sha256(value.encode()).hexdigest()
