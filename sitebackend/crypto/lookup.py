"""Keyed digests: find a row by what a person says of themselves, without storing it in the clear.

A digest is HMAC-SHA256 under a key derived from the server's own, over the kind and the normalised value.
Whoever has the database alone cannot test addresses against it; whoever has the server key can.

A digest carries the version of the rule that its value was normalised by: `2.…`. The first version of every kind
has no mark, and only e-mail addresses have had another since. Version 1 folded their case so far that `faß.de` and
`fass.de` were one, and knew one mailbox by several digests. Rows whose value is here were given new digests when
version 2 came (the apps' migrations); what only the operator's key or the vault opens keeps the old one until it is
opened. So it is looked for as well (`Mailbox.before`), and where version 1 could have meant somebody else's mailbox
(`Mailbox.unclear`), what is found by it alone is shown, and nothing is done with it before the operator said whose
it is (`privacy.persons`). Two records are never taken for one person's by an old digest (`current`).
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sitebackend.crypto import server_key
from sitebackend.formats import email_address

EMAIL_VERSION = "2."  #: what today's digests of e-mail addresses begin with
#: What forms of version 1 let stand behind an address, as it comes along with a copied one.
_UNSEEN_BEHIND = ("", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00ad")
_FOLDED_TOO_FAR = ("ss", "σ")  # what casefold made of ß and ς, the two letters that IDNA 2008 keeps apart from these


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The digests that an address is looked for by; all empty for no address."""

    digest: str
    before: frozenset[str]  #: of version 1, which can only mean this mailbox
    unclear: frozenset[str]  #: of version 1, which can mean this one or another

    def held_by(self, digest: str) -> bool:
        """Whether this stored digest can only mean this mailbox."""
        return bool(digest) and (digest == self.digest or digest in self.before)

    @property
    def all(self) -> frozenset[str]:
        return (self.before | self.unclear | {self.digest}) - {""}


def email(value: str) -> str:
    """Digest of an e-mail address, as rows carry it: one for each mailbox (`formats.email_address`).

    Empty for an empty value.
    """
    return _digest("email", email_address.key_of(value), version=EMAIL_VERSION)


def mailbox(value: str) -> Mailbox:
    """What rows on this mailbox may carry. Local parts were ASCII in version 1: others it has none of."""
    digests: dict[bool, set[str]] = {True: set(), False: set()}
    for spelled in email_address.spellings(value):
        local, _at, domain = spelled.rpartition("@")
        folded = domain.casefold()
        is_unclear = any(_is_folded_too_far(label) for label in folded.split("."))
        if local.isascii() and domain:
            old = (f"{local.casefold()}@{folded}{unseen}" for unseen in _UNSEEN_BEHIND)
            digests[is_unclear] |= {_digest("email", address) for address in old}
    return Mailbox(email(value), frozenset(digests[False]), frozenset(digests[True]))


def current(digests: Iterable[str]) -> frozenset[str]:
    """Those digests of e-mail addresses that tell two mailboxes apart."""
    return frozenset(digest for digest in digests if digest.startswith(EMAIL_VERSION))


def phone(value: str) -> str:
    """Digest of a telephone number: digits only, a German trunk prefix and the country code are one."""
    digits = re.sub(r"\D", "", value.replace("(0)", ""))
    if value.strip().startswith("+"):
        digits = "00" + digits
    return _digest("phone", re.sub(r"^(0049|0)(?=[1-9])", "", digits))


def name_and_postal_code(name: str, postal_code: str) -> str:
    """Digest of a person's name with a postal code; order and case of the name's parts do not count."""
    folded = _folded(name)
    code = re.sub(r"\W", "", postal_code).casefold()
    return _digest("name+postal code", f"{folded}|{code}" if folded and code else "")


def name(value: str) -> str:
    """Digest of a name alone. It tells two persons who share an address apart, and finds nobody."""
    return _digest("name", _folded(value))


def customer_number(value: str) -> str:
    """Digest of a customer number, by which an erased customer's billing documents are found."""
    return _digest("customer number", "".join(value.split()).casefold())


def nonce(value: str) -> str:
    """Digest of a form's nonce, by which a form sent twice is recognised."""
    return _digest("nonce", value)


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold())
    return " ".join(sorted(re.findall(r"\w+", "".join(sign for sign in folded if not unicodedata.combining(sign)))))


def _is_folded_too_far(label: str) -> bool:
    return not label.startswith("xn--") and any(letters in label for letters in _FOLDED_TOO_FAR)


def _digest(kind: str, value: str, *, version: str = "") -> str:
    """64 characters of a column: the version takes the place of what HMAC has to spare."""
    if not value:
        return ""
    key = server_key.derive("lookup")
    content = f"{version}{kind}\0{unicodedata.normalize('NFC', value)}".encode(errors="surrogatepass")
    return (version + hmac.new(key, content, hashlib.sha256).hexdigest())[:64]
