"""External content: a placeholder first, the content itself only after consent or for one explicit look.

What must never happen: a page asks another host for anything before the visitor agreed to that host. So the
address stands in no attribute that a browser would load by itself, and the Content-Security-Policy of each
answer names a host only if that answer really shows it, to somebody who agreed to its provider.

"Load once" leads to a page of its own, whose address is signed: only what the operator put into a page can be
shown there. With JavaScript the same content appears in place, as a frame of our own with a policy of its own.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

_signer = Signer(salt="consent.external")

#: kind → the directives that must name the host
KINDS: Mapping[str, tuple[str, ...]] = {
    "frame": ("frame-src",),
    "image": ("img-src",),
    "style": ("style-src", "font-src"),
}
_LINK_ALONE = re.compile(r'<p><a href="(https://[^"]+)"[^>]*>([^<]+)</a></p>')


@dataclass(frozen=True, slots=True)
class External:
    """One thing on another host. `kind` is a key of KINDS."""

    url: str
    title: str
    kind: str = "frame"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_allowed(self) -> bool:
        """Only https on the usual port, and only what we know how to show."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" and parts.netloc == self.host and self.kind in KINDS

    @property
    def token(self) -> str:
        """The address of its own page. The same for everybody and always."""
        return _signer.sign_object(asdict(self))

    @classmethod
    def from_token(cls, token: str) -> "External":
        """Raises BadSignature if the token is not ours."""
        try:
            return cls(**_signer.unsign_object(token))
        except (ValueError, TypeError) as error:
            raise BadSignature(token) from error


def pieces(markup: str) -> Iterator[str | External]:
    """`markup`, with every link that is a paragraph by itself given as the external content behind it."""
    end = 0
    for link in _LINK_ALONE.finditer(markup):
        yield markup[end : link.start()]
        yield External(url=html.unescape(link[1]), title=html.unescape(link[2]).strip())
        end = link.end()
    yield markup[end:]


def shows(request: HttpRequest, provider: str) -> None:
    """Say that the answer looks different to those who agreed to `provider`; caches keep it by that, and no more."""
    request.META["consent.providers"] = request.META.get("consent.providers", frozenset()) | {provider}


def allow(request: HttpRequest, directive: str, source: str) -> None:
    """Let the answer's policy name `source`, and no answer else."""
    sources: dict[str, list[str]] = request.META.setdefault("consent.sources", {})
    if source not in sources.setdefault(directive, []):
        sources[directive].append(source)


def allow_content(request: HttpRequest, content: External) -> None:
    for directive in KINDS[content.kind]:
        allow(request, directive, f"https://{content.host}")


def sources_of(request: HttpRequest) -> dict[str, Any]:
    """What `allow` collected, by directive."""
    return dict(request.META.get("consent.sources", {}))
