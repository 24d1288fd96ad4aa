"""The fast path: visitors' pages from memory, in front of Django.

What must never happen: somebody is given a page that was made for somebody else, or one that no longer
holds. So only an answer is kept whose view said so in so many words (`keep`), that sets no cookie and
carries no nonce. It is found again only by all it may depend on: scheme, host, path, cookie choice and
Sec-GPC; a query string, another method or a doubt leads past it, to Django. And it counts only for the
version of the site that was the present one before it was rendered, and until the next page that is
scheduled. If the present version is not known, nothing is answered from here.
"""

import hashlib
import re
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import brotli
from django.http import HttpRequest

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]
_Key = tuple[str, str, str, str]

MOST_ANSWERS = 2000  #: about 15 KB each
_KEEP_UNTIL = "sitebackend.pages.keep_until"
_OWN_HEADERS = {"content-length", "content-encoding", "etag", "vary"}


def keep(request: HttpRequest, *, until: float) -> None:
    """Say that the answer to `request` is the same for all with its cookie choice, until a time (epoch seconds)."""
    request.META[_KEEP_UNTIL] = until


@dataclass(frozen=True, slots=True)
class Answer:
    """One page in every encoding, with its headers ready."""

    version: str
    until: float
    bodies: dict[str, bytes]  #: by content coding; "" is the page as it is
    headers: dict[str, Headers]
    etags: dict[str, str]

    def send(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        coding = best_coding(environ.get("HTTP_ACCEPT_ENCODING", "")[:200])
        if _is_known(environ.get("HTTP_IF_NONE_MATCH", ""), self.etags[coding]):
            unsent = ("content-length", "content-type", "content-encoding")
            start_response("304 Not Modified", [pair for pair in self.headers[coding] if pair[0] not in unsent])
            return []
        start_response("200 OK", self.headers[coding])
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [self.bodies[coding]]


class FastPath:
    """WSGI middleware. `version` names the present state of the site (None: unknown); `variant` the cookie choice."""

    def __init__(
        self, application: Application, *, version: Callable[[], str | None], variant: Callable[[Environ], str | None]
    ) -> None:
        self._application = application
        self._version = version
        self._variant = variant
        self._answers: dict[_Key, Answer] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        key = self._key(environ)
        version = self._version() if key else None
        if key is None or version is None:
            return self._application(environ, start_response)
        answer = self._answers.get(key)
        if answer is None or answer.version != version or answer.until <= time.time():
            return self._render(key, version, environ, start_response)
        return answer.send(environ, start_response)

    def _key(self, environ: Environ) -> _Key | None:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("QUERY_STRING"):
            return None
        variant = self._variant(environ)
        if variant is None:
            return None
        return environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""), environ["PATH_INFO"], variant

    def _render(self, key: _Key, version: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        began: list[tuple[str, Headers]] = []
        environ.pop(_KEEP_UNTIL, None)
        body = self._application(environ, lambda status, headers, *_: began.append((status, headers)))
        status, headers = began[0]
        until = environ.get(_KEEP_UNTIL, 0.0)
        if until <= time.time() or environ["REQUEST_METHOD"] != "GET" or not _may_be_kept(status, headers):
            start_response(status, headers)
            return body
        answer = make_answer(version, until, headers, b"".join(body))
        if close := getattr(body, "close", None):
            close()
        self._store(key, answer)
        return answer.send(environ, start_response)

    def _store(self, key: _Key, answer: Answer) -> None:
        while len(self._answers) >= MOST_ANSWERS:
            self._answers.pop(next(iter(self._answers)), None)
        self._answers[key] = answer


def make_answer(version: str, until: float, headers: Headers, body: bytes) -> Answer:
    bodies = {"": body, "gzip": _gzip(body), "br": brotli.compress(body, quality=9)}
    digest = hashlib.sha256(body).hexdigest()[:24]
    etags = {coding: f'"{digest}{coding}"' for coding in bodies}
    made = {coding: _headers(headers, coding, etags[coding], len(bodies[coding])) for coding in bodies}
    return Answer(version, until, bodies, made, etags)


def _headers(headers: Headers, coding: str, etag: str, length: int) -> Headers:
    vary = ", ".join([value for name, value in headers if name.lower() == "vary"] + ["Accept-Encoding"])
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in _OWN_HEADERS]
    own = [("vary", vary), ("etag", etag), ("content-length", str(length))]
    return kept + own + ([("content-encoding", coding)] if coding else [])


def _may_be_kept(status: str, headers: Headers) -> bool:
    names = {name.lower() for name, _value in headers}
    is_encoded = "content-encoding" in names
    has_nonce = any("'nonce-" in value for name, value in headers if name.lower().startswith("content-security"))
    return status.startswith("200 ") and "set-cookie" not in names and not is_encoded and not has_nonce


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)  # 31: with gzip's header and checksum
    return packer.compress(body) + packer.flush()


@lru_cache(maxsize=256)
def best_coding(accepted: str) -> str:
    """The best of ours that an Accept-Encoding header allows (RFC 9110, section 12.5.3); "" if none."""
    offers = [part.replace(" ", "").lower().split(";q=") for part in accepted.split(",")]
    allowed = {offer[0] for offer in offers if len(offer) == 1 or not re.fullmatch(r"0(\.0*)?", offer[1])}
    return next((coding for coding in ("br", "gzip") if coding in allowed), "")


def _is_known(if_none_match: str, etag: str) -> bool:
    """Whether the browser has this very answer already (RFC 9110, section 13.1.2: weak comparison)."""
    if not if_none_match:
        return False
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in known or "*" in known
