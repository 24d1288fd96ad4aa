"""Reading number, date and amount of a billing document from the name of its file.

`R-2026-017 2026-02-01 1.119,00.pdf` and `2026-02-01_R-2026-017_1119,00 EUR.pdf` say the same: the date is
written as in ISO 8601, the amount has a comma and two digits, and what is left is the number.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import PurePath

_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)", re.ASCII)
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+|\d+),(\d{2})(?!\d)(?:\s*(?:€|EUR))?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Read:
    """What a file's name tells; empty or None: it does not tell."""

    number: str
    issued_on: date | None
    amount: Decimal | None


def read(file_name: str) -> Read:
    rest = PurePath(file_name).stem
    issued_on, rest = _date_in(rest)
    amount, rest = _amount_in(rest)
    return Read(number=" ".join(re.split(r"[\s_]+", rest)).strip(" -"), issued_on=issued_on, amount=amount)


def _date_in(text: str) -> tuple[date | None, str]:
    for match in _DATE.finditer(text):
        try:
            found = date(*map(int, match.groups()))
        except ValueError:  # digits of a number that look like a date
            continue
        return found, _without(text, match)
    return None, text


def _amount_in(text: str) -> tuple[Decimal | None, str]:
    match = _AMOUNT.search(text)
    if match is None:
        return None, text
    whole, cents = match.groups()
    return Decimal(f"{whole.replace('.', '')}.{cents}"), _without(text, match)


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"
