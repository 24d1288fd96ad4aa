"""The fast path: visitors' pages from memory, in front of Django.

What must never happen: somebody is given a page that was made for somebody else, or one that no longer
holds. So only an answer is kept whose view said so in so many words (`keep`), that sets no cookie and
carries no nonce. It is found again only by all it may depend on: scheme, host, path, whether the visitor
is asked, and which of the providers that it shows are agreed to; a query string, another method or a doubt
leads past it, to Django. And it counts only for the version of the site that was the present one before it
was rendered, and until the next page that is scheduled. If the present version is not known, nothing is
answered from here.

It stands in front of all else that a request goes through, and the HTTP server needs some ten microseconds
for a request: each look into a dictionary counts. An answer from memory asks
no database and waits for no lock.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from sitebackend.pages.answers import Headers, Reply, best_coding, make_replies
from sitebackend.proxy import Application, Environ, StartResponse, scheme_of

_Asked = tuple[str | None, str | None, str | None]  # the headers Cookie, Sec-GPC, Accept-Encoding
_Page = tuple[str, str, str]  # scheme, host, path
_Key = tuple[_Page, str, str]  # with what it is to this visitor, and the content coding

MOST_BYTES = 128 * 1024 * 1024  #: of all replies; more than ten thousand pages
MOST_SHOWN = 3  #: providers of one page for which every combination is kept: 8 of them, asked and not
MOST_ASKED = 500  #: far more than there are choices and browsers; strangers can make up headers
LONGEST_ASKED = 1000  #: characters of these headers; longer ones are read anew each time
_KEEP_UNTIL = "sitebackend.pages.keep_until"
_SHOWN = "consent.providers"  # where the app of the cookie choice says whose content the answer shows


def keep(request: HttpRequest, *, until: float) -> None:
    """Say that the answer to `request` is the same for all with its cookie choice, until a time (epoch seconds).

    It counts on the site's own host only: Django answers on any port and in capitals too, and each of these
    spellings would be kept as a page of its own.
    """
    if not settings.HTTPS or request.get_host() == urlsplit(settings.SITE_URL).netloc:
        request.META[_KEEP_UNTIL] = until


@dataclass(frozen=True, slots=True)
class Variant:
    """What a visitor's headers come to, until a time (epoch seconds): one of few, whatever is sent."""

    state: str
    accepted: frozenset[str]  #: providers
    until: float

    def on(self, shown: frozenset[str]) -> str:
        """The name of a page that shows content of these providers."""
        return "|".join([self.state, *sorted(self.accepted & shown)]) if shown else self.state

    def is_common(self, shown: frozenset[str]) -> bool:
        """Whether such a page is worth its memory: with many providers only for those who agreed to all or to none."""
        return len(shown) <= MOST_SHOWN or self.accepted & shown in (frozenset(), shown)


_Meant = tuple[Variant, str]  # with a content coding


@dataclass(slots=True)
class Kept:
    """All that is kept for one version of the site; the next version begins with nothing."""

    version: str
    replies: dict[_Key, Reply] = field(default_factory=dict)
    shown: dict[_Page, frozenset[str]] = field(default_factory=dict)  #: the providers of pages that were rendered
    meant: dict[_Asked, _Meant] = field(default_factory=dict)
    size: int = 0
    lock: Lock = field(default_factory=Lock)

    def find(self, page: _Page, meant: _Meant) -> Reply | None:
        shown = self.shown.get(page)
        return None if shown is None else self.replies.get((page, meant[0].on(shown), meant[1]))

    def add(self, key: _Key, reply: Reply) -> None:
        """The oldest ones make room."""
        with self.lock:
            self._drop(key)
            self.replies[key] = reply
            self.size += reply.size
            while self.size > MOST_BYTES:
                self._drop(next(iter(self.replies)))

    def _drop(self, key: _Key) -> None:
        if dropped := self.replies.pop(key, None):
            self.size -= dropped.size

    def remember(self, asked: _Asked, meant: _Meant) -> None:
        """Unless other cookies came along: one of them may be the key of an unlocked vault."""
        cookies = asked[0] or ""
        is_alone = not cookies or (cookies.startswith(f"{settings.COOKIE_CONSENT_NAME}=") and ";" not in cookies)
        if is_alone and sum(len(value or "") for value in asked) <= LONGEST_ASKED:
            if len(self.meant) >= MOST_ASKED:
                self.meant.clear()
            self.meant[asked] = meant


class FastPath:
    """WSGI middleware. `version` names the present state of the site (None: unknown); `variant` the cookie choice.

    `variant` is given the headers Cookie and Sec-GPC; what it says must hold as long as the version does, or until
    its own time.
    """

    def __init__(
        self,
        application: Application,
        *,
        version: Callable[[], str | None],
        variant: Callable[[str, str], Variant | None],
    ) -> None:
        self._application = application
        self._version = version
        self._variant = variant
        self._kept = Kept("")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        version = self._version()
        if version is None or environ.get("QUERY_STRING") or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        kept = self._kept
        if kept.version != version:
            kept = self._kept = Kept(version)
        now = time.time()
        meant = self._meant(kept, environ, now)
        if meant is None:
            return self._application(environ, start_response)
        page = _page(environ)
        reply = kept.find(page, meant)
        if reply is None or reply.until <= now:
            return self._render(kept, page, meant, environ, start_response)
        return reply.send(environ, start_response)

    def _meant(self, kept: Kept, environ: Environ, now: float) -> _Meant | None:
        get = environ.get
        asked = (get("HTTP_COOKIE"), get("HTTP_SEC_GPC"), get("HTTP_ACCEPT_ENCODING"))
        meant = kept.meant.get(asked)
        return meant if meant and meant[0].until > now else self._read(kept, asked)

    def _read(self, kept: Kept, asked: _Asked) -> _Meant | None:
        cookies, sec_gpc, codings = (value or "" for value in asked)
        variant = self._variant(cookies, sec_gpc)
        if variant is None:
            return None
        meant = (variant, best_coding(codings))
        kept.remember(asked, meant)
        return meant

    def _render(
        self, kept: Kept, page: _Page, meant: _Meant, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        began: list[tuple[str, Headers]] = []
        environ.pop(_KEEP_UNTIL, None)
        body = self._application(environ, lambda status, headers, *_: began.append((status, headers)))
        status, headers = began[0]
        until = environ.get(_KEEP_UNTIL, 0.0)
        shown = environ.get(_SHOWN, frozenset())
        variant, wanted = meant
        is_whole = environ["REQUEST_METHOD"] == "GET" and until > time.time() < variant.until
        if not is_whole or not variant.is_common(shown) or not _may_be_kept(status, headers):
            start_response(status, headers)
            return body
        replies = make_replies(until, headers, b"".join(body))
        if close := getattr(body, "close", None):
            close()
        kept.shown[page] = shown
        for coding, reply in replies.items():
            kept.add((page, variant.on(shown), coding), reply)
        return replies[wanted].send(environ, start_response)


def _page(environ: Environ) -> _Page:
    scheme = scheme_of(environ) if "HTTP_X_FORWARDED_PROTO" in environ else environ["wsgi.url_scheme"]
    return (scheme, environ.get("HTTP_HOST", ""), environ["PATH_INFO"])


def _may_be_kept(status: str, headers: Headers) -> bool:
    names = {name.lower() for name, _value in headers}
    is_encoded = "content-encoding" in names
    has_nonce = any("'nonce-" in value for name, value in headers if name.lower().startswith("content-security"))
    return status.startswith("200 ") and "set-cookie" not in names and not is_encoded and not has_nonce
