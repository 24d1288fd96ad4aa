"""E-mail addresses: read, compared and written in one way by the whole site.

What must never happen: a mail goes to a stranger or a stranger is found, because two domains were taken for one
(`faß.de` and `fass.de` belong to two people since IDNA 2008; Python's own codec and Django's follow IDNA 2003); or
somebody is not found, because one mailbox was spelled in two ways. So every address that comes in is parsed here:
by the library, without asking a DNS, after the signs that nobody sees are gone. On the wire and in a digest the
domain stands in its ASCII form (A-labels, RFC 5890); for reading it stays as it was typed.

Two addresses are equal if their domains have one ASCII form and their local parts, in NFC and small letters, are the
same; nothing else is folded. A local part is the mail server's own affair, but no provider of today gives two
persons `Anna@` and `anna@`.

Decided where the library leaves it open or decides otherwise: an encoded word (`=?utf-8?q?…?=`) is a header's
spelling and no address. The domains that RFC 2606 reserves for trials (`.test`, `.example`, `.invalid`) are taken:
nobody's mail goes astray there, and who tries the site out uses them. Names that lead nowhere from outside
(`localhost`, `.local`, `.onion`, `.arpa`) and address literals are refused.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email

#: Signs without a shape of their own that are no format characters (category Cf), as Unicode's
#: Default_Ignorable_Code_Point has them, and the blank of Braille.
_SHAPELESS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_IS_SHAPELESS = re.compile(f"[{_SHAPELESS}]")
_JOINERS = "\u200c\u200d"  # they belong to words of some scripts: inside a domain IDNA judges them (RFC 5892, A.1)
_NOT_PLAIN = re.compile(r"[\s\"\\,;<>()\x00-\x1f\x7f]")
_LABEL = r"(?!-|..--)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_ENCODED_WORD = re.compile(r"=\?.*\?.*\?.*\?=")
_NOT_FROM_OUTSIDE = ("localhost", "local", "onion", "arpa")
_FOR_TRIALS = ("test", "example", "invalid")  # RFC 2606, section 2


class Problem(Enum):
    """Why a text is no address that mail can be sent to; in English, for those who set the site up."""

    SEVERAL = "it is not one plain e-mail address"
    ENCODED = "it is an encoded word, as it stands in the header of a mail: write the address itself"
    LITERAL = "it has a number instead of a domain"
    NOT_FROM_OUTSIDE = "no mail from outside reaches that domain"
    DOMAIN = "what stands after the @ is no domain"
    INVALID = "it is no e-mail address"


class AddressError(ValueError):
    """The text is not one address that mail can be sent to."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True, eq=False)
class EmailAddress:
    """One address. `str()` gives it for reading, `wire` for mail servers, `key` is what equality goes by."""

    local: str
    domain: str  #: as it was typed
    ascii_domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EmailAddress) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def wire(self) -> str:
        return f"{self.local}@{self.ascii_domain}"

    @property
    def key(self) -> str:
        return f"{_small(self.local)}@{self.ascii_domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a mail server that offers SMTPUTF8 (RFC 6531) can take it: domains have an ASCII form."""
        return not self.local.isascii()


@lru_cache(maxsize=32)  # a form's address is asked for five times before it is stored
def parse(text: str) -> EmailAddress:
    """Raises AddressError."""
    plain = without_invisible_signs(text)
    local, _at, domain = plain.rpartition("@")
    _refuse_what_is_none(plain, local, domain)
    wire = ascii_domain(domain)
    _refuse_what_leads_nowhere(wire)
    try:
        checked = validate_email(f"{local}@{_checkable(wire)}", check_deliverability=False)
    except EmailNotValidError as error:
        raise AddressError(Problem.INVALID) from error
    return EmailAddress(str(checked.local_part), domain, wire)


def without_invisible_signs(text: str) -> str:
    """In NFC, without what nobody sees or means to type: format characters, marks of direction, blanks at the ends."""
    composed = _IS_SHAPELESS.sub("", unicodedata.normalize("NFC", text))
    seen = "".join(sign for sign in composed if sign in _JOINERS or unicodedata.category(sign) != "Cf")
    bare = seen.strip().strip(_JOINERS).strip()
    return unicodedata.normalize("NFC", bare)  # what a sign kept apart has come together


def ascii_domain(domain: str) -> str:
    """The domain as DNS and certificates know it: A-labels of IDNA 2008 (UTS 46, nothing of IDNA 2003).

    Raises AddressError.
    """
    if _HOST_NAME.fullmatch(domain):  # nothing to map or to judge; most domains are such
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise AddressError(Problem.DOMAIN) from error


def key_of(text: str) -> str:
    """What equality goes by, also of a text that is no address of today; empty for nothing."""
    try:
        return parse(text).key
    except AddressError:
        return _small(without_invisible_signs(text))


def wire_of(text: str) -> str:
    """The address for a mail server; a text that is no address of today as it is."""
    try:
        return parse(text).wire
    except AddressError:
        return text


def spellings(text: str) -> Iterator[str]:
    """The ways to write this mailbox: as it stands there, and with its domain for reading and for the wire."""
    yield without_invisible_signs(text)
    try:
        address = parse(text)
    except AddressError:
        return
    yield address.wire
    yield f"{address.local}@{idna.decode(address.ascii_domain)}"


def _refuse_what_is_none(plain: str, local: str, domain: str) -> None:
    if _ENCODED_WORD.search(plain):
        raise AddressError(Problem.ENCODED)
    if domain.startswith("["):
        raise AddressError(Problem.LITERAL)
    if _NOT_PLAIN.search(plain) or "@" in local:
        raise AddressError(Problem.SEVERAL)
    if not local or not domain:
        raise AddressError(Problem.INVALID)


def _refuse_what_leads_nowhere(wire: str) -> None:
    labels = wire.split(".")
    if labels[-1].isdecimal():
        raise AddressError(Problem.LITERAL)
    if len(labels) == 1 or labels[-1] in _NOT_FROM_OUTSIDE:
        raise AddressError(Problem.NOT_FROM_OUTSIDE)


def _checkable(wire: str) -> str:
    """The library refuses two of the domains for trials by their names: it judges what stands before them."""
    first, _dot, last = wire.rpartition(".")
    return f"{first}.example" if last in _FOR_TRIALS else wire


def _small(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
