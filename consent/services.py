"""The one thing that can happen here: a visitor decides."""

from collections.abc import Collection

from cookie_consent.models import CookieGroup
from cookie_consent.util import set_cookie_dict_to_response
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from consent import counts
from consent.choice import EDITION, pairs
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

    What was decided before on the same edition about other groups stays as it was.
    """
    if not accept and not refuse:
        return
    before = pairs(request.COOKIES.get(settings.COOKIE_CONSENT_NAME, ""), offer)
    accepted = {group.varname: group.get_version() or "1" for group in accept}
    refused = dict.fromkeys((group.varname for group in refuse), settings.COOKIE_CONSENT_DECLINE)
    set_cookie_dict_to_response(response, {EDITION: offer.edition} | before | accepted | refused)
    _delete_cookies(request, response, refuse)
    counts.count(edition=offer.edition, accepted=accepted, refused=refused)


def _delete_cookies(request: HttpRequest, response: HttpResponseBase, groups: Collection[CookieGroup]) -> None:
    for group in groups:
        for cookie in group.cookie_set.all() if group.is_deletable else ():
            if cookie.name in request.COOKIES:
                response.delete_cookie(cookie.name, cookie.path, cookie.domain or None)
