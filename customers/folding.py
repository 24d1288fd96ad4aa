"""One spelling for searching: case, accents, umlauts and the punctuation of telephone numbers do not count.

An e-mail address stands there twice: folded, for whoever types half of it, and as a word that means this mailbox
alone, for whoever types the whole: `anna@faß.de` is not `anna@fass.de`.
"""

import re
import unicodedata
from itertools import filterfalse

from sitebackend.formats import email_address

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


def folded_words(typed: str) -> list[str]:
    """The words to search for, one by one. A whole address is looked for as such, half of one as a word."""
    return [word for part in typed.split() for word in (mailbox_word(part) or folded(part)).split()]


def mailbox_word(typed: str) -> str:
    """The word that stands for an address in a search column, and for no other; empty if it is not a whole one."""
    try:
        return f"<{email_address.parse(typed).key}"
    except email_address.AddressError:
        return ""


def searchable(*spoken: str, email: str = "") -> str:
    """What stands in a search column: folded, and cut where an index ends."""
    words = f"{folded(' '.join([*spoken, email]))} {mailbox_word(email)}"
    return words.strip().encode()[:_LONGEST].decode(errors="ignore")
