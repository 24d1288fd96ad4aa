"""Web Key Directory (draft-koch-openpgp-webkey-service): mail programs find the operator's key by its address.

Served for addresses in the key's own user ids whose domain is this site's. The direct method asks the mail
domain itself, the advanced one `openpgpkey.` below it; the web server in front may lead either here.
"""

import hashlib
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from sitebackend import operator_key
from sitebackend.formats import email_address

_SIGNS = "ybndrfg8ejkmcpqxot1uwisza345h769"  # z-base-32


@require_safe
def policy(request: HttpRequest, domain: str = "") -> HttpResponse:
    """Empty: it says that there is a directory, and no more."""
    if not any(_is_ours(found, domain) for _name, found, _binary in _addresses()):
        raise Http404
    return HttpResponse(b"", content_type="text/plain")


@require_safe
def key(request: HttpRequest, digest: str, domain: str = "") -> HttpResponse:
    """The binary certificates of one address, by the digest of its local part."""
    found = [
        binary for name, owner, binary in _addresses() if _is_ours(owner, domain) and digest_of(name) == digest.lower()
    ]
    if not found:
        raise Http404
    headers = {"Access-Control-Allow-Origin": "*"}
    return HttpResponse(b"".join(found), content_type="application/octet-stream", headers=headers)


def digest_of(local_part: str) -> str:
    """SHA-1 of the local part in lower case, in 32 signs of z-base-32."""
    number = int.from_bytes(hashlib.sha1(local_part.lower().encode(), usedforsecurity=False).digest())
    return "".join(_SIGNS[number >> shift & 31] for shift in range(155, -1, -5))


def _addresses() -> Iterator[tuple[str, str, bytes]]:
    """(local part, domain, certificate) of every address in the usable keys."""
    try:
        certificates = operator_key.usable_certificates()
    except operator_key.OperatorKeyUnusable:
        return
    for certificate in certificates:
        for user_id in certificate.user_ids:
            name, at, domain = email_address.wire_of(parseaddr(user_id)[1]).rpartition("@")
            if at:
                yield name, domain.lower(), certificate.binary


def _is_ours(domain: str, asked: str) -> bool:
    hosts = (domain, f"www.{domain}", f"openpgpkey.{domain}")
    return asked.lower() in ("", domain) and urlsplit(settings.SITE_URL).hostname in hosts
