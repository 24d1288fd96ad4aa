"""What another machine says that the time is: the `Date` of the web server that TIME_SOURCE names.

It decides where the site's own memory cannot: a site that was off for months goes on without a question, and a
clock that jumped by less than a week is noticed. Nothing is sent but a HEAD request; the answer's body is not read.
One that does not answer is no answer, and the site's own memory decides.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.cache import cache

SECONDS = 5
ASKED_EVERY = timedelta(hours=1)
_OFFSET = "monitoring.time_source"


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """The first answer has a date as well."""


def time_there(now: datetime) -> datetime | None:
    """The time (aware, UTC) by the source when it is `now` here; None without a source, or while it does not answer."""
    if not settings.TIME_SOURCE:
        return None
    asked_at, offset = cache.get(_OFFSET) or (None, None)
    if asked_at is None or not timedelta(0) <= now - asked_at < ASKED_EVERY:  # or the clock jumped since
        there = _ask()
        offset = there - now if there else None
        cache.set(_OFFSET, (now, offset), None)
    return now + offset if offset is not None else None


def _ask() -> datetime | None:
    request = Request(settings.TIME_SOURCE, method="HEAD")  # noqa: S310 - the setting's parser lets http(s) alone through
    try:
        with build_opener(_NoRedirects).open(request, timeout=SECONDS) as answer:
            return _date(answer.headers.get("Date"))
    except OSError as error:  # a refusal (404) has a date too
        return _date(getattr(error, "headers", {}).get("Date"))
    except HTTPException:
        return None


def _date(said: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(said or "")
    except ValueError:
        return None
    return found if found.tzinfo else None
