"""A page as it goes over the wire: packed, with its headers ready, in every content coding that is offered."""

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import brotli

from sitebackend.proxy import Environ, StartResponse

Headers = list[tuple[str, str]]

_OVERHEAD = 1000  #: bytes of a reply beside its body
_OWN_HEADERS = {"content-length", "content-encoding", "etag", "vary"}
_UNSENT = ("content-length", "content-type", "content-encoding")  #: by a 304
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    "gzip": lambda body: _gzip(body),
    "br": lambda body: brotli.compress(body, quality=11),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A page in one content coding, which holds until a time (epoch seconds)."""

    until: float
    etag: str
    headers: Headers
    body: bytes

    def send(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        if "HTTP_IF_NONE_MATCH" in environ and _is_known(environ["HTTP_IF_NONE_MATCH"], self.etag):
            start_response("304 Not Modified", [pair for pair in self.headers if pair[0] not in _UNSENT])
            return []
        start_response("200 OK", self.headers.copy())  # a server may write into what it is given
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]

    @property
    def size(self) -> int:
        """Bytes of memory, roughly."""
        return len(self.body) + _OVERHEAD


def make_replies(until: float, headers: Headers, body: bytes) -> dict[str, Reply]:
    """The page by content coding; "" is the page as it is."""
    digest = hashlib.sha256(body).hexdigest()[:24]
    common = [_shared((name.lower(), value)) for name, value in headers if name.lower() not in _OWN_HEADERS]
    vary = ", ".join([value for name, value in headers if name.lower() == "vary"] + ["Accept-Encoding"])
    common.append(_shared(("vary", vary)))
    return {
        coding: _reply(until, f'"{digest}{coding}"', common, coding, pack(body)) for coding, pack in _PACKERS.items()
    }


def _reply(until: float, etag: str, common: Headers, coding: str, body: bytes) -> Reply:
    own = [("etag", etag), ("content-length", str(len(body)))]
    encoding = [("content-encoding", coding)] if coding else []
    return Reply(until, etag, common + own + encoding, body)


@lru_cache(maxsize=256)
def _shared(header: tuple[str, str]) -> tuple[str, str]:
    """The one copy of a header that thousands of pages have in common."""
    return header


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)  # 31: with gzip's header and checksum
    return packer.compress(body) + packer.flush()


def best_coding(accepted: str) -> str:
    """The best of ours that an Accept-Encoding header allows (RFC 9110, section 12.5.3); "" if none."""
    offers = [part.replace(" ", "").lower().split(";q=") for part in accepted.split(",")]
    allowed = {offer[0] for offer in offers if len(offer) == 1 or not re.fullmatch(r"0(\.0*)?", offer[1])}
    return next((coding for coding in ("br", "gzip") if coding in allowed), "")


def _is_known(if_none_match: str, etag: str) -> bool:
    """Whether the browser has this very answer already (RFC 9110, section 13.1.2: weak comparison)."""
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in known or "*" in known
