"""One spelling for searching: case, accents, umlauts and the punctuation of telephone numbers do not count."""

import re
import unicodedata
from itertools import filterfalse

_PHONE_SIGNS = re.compile(r"[\s/().-]+")
_LONGEST = 2000  # bytes of a search column: PostgreSQL's index takes no more than 2704 in a row


def folded(text: str) -> str:
    """`Müller-Lüdenscheidt` and `MULLER LUDENSCHEIDT` become the same words."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", plain)))
    return " ".join(re.findall(r"[\w@.+]+", plain))


def folded_phone(number: str) -> str:
    """Digits only, `+49` and a leading zero alike: `+49 (0)30 123-4` and `030/1234` become `301234`."""
    digits = _PHONE_SIGNS.sub("", number.replace("(0)", ""))
    return re.sub(r"^(\+49|0049|0)", "", digits)


def searchable(*spoken: str) -> str:
    """What stands in a search column: folded, and cut where an index ends."""
    return folded(" ".join(spoken)).encode()[:_LONGEST].decode(errors="ignore")
