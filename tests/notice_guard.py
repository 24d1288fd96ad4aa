"""Every answer of every test is held against the privacy notice: no cookie and no host that it does not name."""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from consent import offer
from sitebackend.privacy.notice.services import named

_HOST = re.compile(r"https?://([^\s/;]+)")


class NoticeGuardMiddleware:
    """Stands in front of all others in the tests' settings; fails the test in which something unnamed goes out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        hosts = set(_HOST.findall(response.headers.get("Content-Security-Policy", "")))
        cookies = {name for name, cookie in response.cookies.items() if cookie["max-age"] != 0}
        if hosts or cookies:
            assert_named(hosts, cookies)
        return response


def assert_named(hosts: set[str], cookies: set[str]) -> None:
    if not (hosts <= named().hosts and cookies <= named().cookies):
        offer.forget()  # the test may have changed it this very second
    told = named()
    if told.cookies:  # none at all: the test emptied the tables, as those with real transactions do
        missing = (hosts - told.hosts) | (cookies - told.cookies)
        assert not missing, f"the notice does not name {missing}"
