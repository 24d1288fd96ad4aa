"""Keyed digests: find a row by what a person says of themselves, without storing it in the clear.

A digest is HMAC-SHA256 under a key derived from the server's own, over the kind and the normalised value.
Whoever has the database alone cannot test addresses against it; whoever has the server key can.
"""

import hashlib
import hmac
import re
import unicodedata

from sitebackend.crypto import server_key


def email(value: str) -> str:
    """Digest of an e-mail address; upper and lower case are one. Empty for an empty value."""
    return _digest("email", value.strip().casefold())


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


def _digest(kind: str, value: str) -> str:
    if not value:
        return ""
    key = server_key.derive("lookup")
    return hmac.new(key, f"{kind}\0{unicodedata.normalize('NFC', value)}".encode(), hashlib.sha256).hexdigest()
