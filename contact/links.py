"""The links by which a sender is answered: one for the mail program, one for the telephone.

What must never happen: an answer goes to somebody else, or what a sender typed becomes more of a link than its
words. So an address is parsed before it is used and everything in a link is percent-encoded; and what is not clearly
one telephone number gives no link at all.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend.formats import email_address

LONGEST_QUOTE = 500  # signs
LONGEST_LINK = 2000  # signs; Windows hands longer ones on cut off, or not at all
_STEP = 20
_ONE_NUMBER = re.compile(r"\+?[0-9]{3,15}")  # E.164: fifteen digits at most


def address_in(fields: Mapping[str, str]) -> str:
    """The sender's checked address for the wire, its domain in ASCII; empty for none, or what is no address."""
    try:
        return email_address.parse(fields.get("email", "")).wire
    except email_address.AddressError:
        return ""


def mailto(address: str, *, reference: str, quoting: str = "", received_at: datetime | None = None) -> str:
    """The link (RFC 6068) that opens an answer with the reference as its subject, and the beginning of the message.

    As much is quoted as LONGEST_QUOTE and LONGEST_LINK allow. Empty without an address.
    """
    if not address:
        return ""
    with translation.override(settings.LANGUAGE_CODE):  # the sender reads it
        subject = _("Your message {reference}").format(reference=reference)
        bodies = _bodies(quoting, received_at) if received_at else [""]
        links = (_link(address, subject=subject, body=body) for body in bodies)
        return next((link for link in links if len(link) <= LONGEST_LINK), _link(address, subject=subject))


def telephone(typed: str) -> str:
    """The link (RFC 3966) that calls this number; empty for what is not clearly one."""
    number = re.sub(r"[\s()/.\-\u2010-\u2015]", "", typed.replace("(0)", ""))
    return f"tel:{number}" if _ONE_NUMBER.fullmatch(number) else ""


def _link(address: str, **parts: str) -> str:
    local, _at, domain = address.rpartition("@")
    query = urlencode({name: value for name, value in parts.items() if value}, quote_via=quote, safe="")
    return f"mailto:{quote(local, safe='')}@{domain}?{query}"


def _bodies(text: str, received_at: datetime) -> Iterable[str]:
    """What the answer begins with: first with as much of the text as may be, then with less and less."""
    day = date_format(timezone.localtime(received_at), "SHORT_DATE_FORMAT")
    head = _("On {day} you wrote:").format(day=day)
    for length in range(LONGEST_QUOTE, 0, -_STEP):
        lines = [f"> {line}".rstrip() for line in shortened(text, length).splitlines()]
        yield "\r\n".join(["", "", head, *lines])  # RFC 6068, section 5


def shortened(text: str, length: int) -> str:
    """At most so many signs of it, cut between words if that costs little."""
    plain = "".join(
        sign if sign.isprintable() or sign == "\n" else " " for sign in "\n".join(text.splitlines())
    ).strip()
    if len(plain) <= length:
        return plain
    cut = plain[: length - 1]
    between = max(cut.rfind(" "), cut.rfind("\n"))
    return f"{cut[:between] if between > length // 2 else cut}…"
