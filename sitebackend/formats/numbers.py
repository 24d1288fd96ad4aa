"""Numbers as people here write them: a comma before the decimals; dots, blanks or apostrophes between thousands.

What must never happen: another number is kept than the one that was meant. So a spelling is taken only if it can be
read in one way: `1.234,56`, `1234,56`, `1234.56`, `1 234,56` and `1'234.56` can. A dot before exactly three digits
stands between thousands (`1.234` is one thousand two hundred thirty-four; whoever takes it says it back to the
operator); a comma before exactly three digits is refused, for it may be either. So is what only Python takes for a
number: `1e5`, `1_000`, `0x10`, `NaN`, and digits of other scripts, which look like none to whoever reads them later.
"""

import re
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LONGEST = 40  # signs
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " ") | {"’": "'", "−": "-"})
_EURO = re.compile(r"(?:€|EUR|Euro)\s*(.*)|(.*?)\s*(?:€|EUR|Euro)", re.IGNORECASE)
_NO_CENTS = re.compile(r"(?<=[0-9]),[-–—]{1,2}$")  # 12,– as on a price tag
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)"
    r"(?P<whole>[1-9][0-9]{0,2}(?P<between>[., '])[0-9]{3}(?:(?P=between)[0-9]{3})*|[0-9]+)"
    r"(?:(?P<point>[.,])(?P<decimals>[0-9]+))?"
)


class NumberError(ValueError):
    """This is no number, or may be two; `str()` says so to whoever typed it."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))


def read_amount(text: str, *, places: int = 2) -> Decimal:
    """The amount with at most so many decimals; a euro sign may stand by it. Raises NumberError."""
    match = _matched(_NO_CENTS.sub("", _without_euro(_plain(text))))
    decimals = match["decimals"] or ""
    if len(decimals) > places:
        message = _("An amount has at most {places} decimals, as in 1.234,56.")
        raise NumberError(str(message).format(places=places))
    return Decimal(f"{match['sign']}{_digits(match)}.{decimals or 0}") + 0  # -0 is 0


def read_whole_number(text: str) -> int:
    """Raises NumberError."""
    match = _matched(_plain(text))
    if match["decimals"]:
        raise NumberError(_("Enter a whole number, without decimals."))
    return int(f"{match['sign']}{_digits(match)}")


def names_euro(text: str) -> bool:
    """Whether the currency stands by the amount."""
    return _EURO.fullmatch(_plain(text)) is not None


def refuse_foreign_digits(text: str) -> None:
    """Raise NumberError if `text` has digits that are not 0 to 9."""
    if any(sign.isnumeric() and not sign.isascii() for sign in text):
        raise NumberError(_("Write numbers with the digits 0 to 9."))


def _plain(text: str) -> str:
    refuse_foreign_digits(text)
    return text.translate(_BLANKS).strip()


def _without_euro(text: str) -> str:
    match = _EURO.fullmatch(text)
    return (match[1] or match[2] or "").strip() if match else text


def _matched(text: str) -> re.Match[str]:
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or (match["point"] and match["point"] == match["between"]):
        raise NumberError(_("This is no number. Write it as in 1234 or 1.234,56."))
    if match["between"] == "," and match["whole"].count(",") == 1 and not match["point"]:
        thousands = match["whole"].replace(",", ".")
        message = _("A comma before three digits may mean two numbers. Write {thousands} or {decimals}.")
        raise NumberError(str(message).format(thousands=thousands, decimals=match["whole"][:-1]))
    return match


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"[^0-9]", "", match["whole"])
