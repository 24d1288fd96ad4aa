"""The one thing that can happen here: a visitor decides."""

import time
from collections.abc import Collection

from cookie_consent.models import CookieGroup
from cookie_consent.util import set_cookie_dict_to_response
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from consent import counts
from consent.choice import TIME, decided, sealed
from consent.offer import Offer


def decide(
    request: HttpRequest,
    response: HttpResponseBase,
    *,
    offer: Offer,
    accept: Collection[CookieGroup] = (),
    refuse: Collection[CookieGroup] = (),
) -> None:
    """Put the decision into the one cookie, delete what refused groups had set, count. Nothing is stored of whom.

    What was decided before on the same edition about other groups stays as it was, with the time that it had.
    Where there is no provider to decide about, that somebody decided is all that the cookie says.
    """
    if not accept and not refuse and offer.optional_groups():
        return
    now = int(time.time())
    in_use = offer.optional_groups()
    accepted = {group.varname: now for group in accept if group.varname in in_use}
    refused = {group.varname: -now for group in refuse if group.varname in in_use}
    before = decided(request.COOKIES.get(settings.COOKIE_CONSENT_NAME, ""), offer)
    set_cookie_dict_to_response(response, sealed(before | {TIME: now} | accepted | refused, offer))
    _delete_cookies(request, response, refuse)
    counts.count(edition=offer.edition, accepted=accepted, refused=refused)


def _delete_cookies(request: HttpRequest, response: HttpResponseBase, groups: Collection[CookieGroup]) -> None:
    for group in groups:
        for cookie in group.cookie_set.all() if group.is_deletable else ():
            if cookie.name in request.COOKIES:
                response.delete_cookie(cookie.name, cookie.path, cookie.domain or None)
