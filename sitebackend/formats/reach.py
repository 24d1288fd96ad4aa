"""Telephone numbers and postal codes, as far as a spelling tells that it cannot be one.

Tolerant on purpose: people write `+49 (0)30 / 1234-56 Durchwahl 7`, and a number that the check does not know is
still the customer's. So nothing here asks a table of area codes or lengths, as the libraries do: they refuse short
numbers of villages and house extensions, and weigh megabytes. What is refused is what nobody can dial or post to.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

_EXTENSION = r"(?:durchwahl|dw|app(?:arat)?|nst|nebenstelle|int(?:ern)?|ext(?:ension)?|x)\.?:?"
_PHONE = re.compile(
    rf"(?:(?:tel(?:efon)?|fon|phone|mobil)\.?:?)?\s*\+?[0-9()\s/.–-]+(?:,?\s*{_EXTENSION}\s*-?[0-9]{{1,6}})?",
    re.IGNORECASE | re.ASCII,
)
_FEWEST, _MOST = 3, 20  # digits: 110 and 115 are numbers, and 15 is the world's longest, without its extension
_GERMANY = {"", "deutschland", "germany", "allemagne", "brd", "de", "d", "bundesrepublik deutschland"}
_FOUR = re.compile(r"[1-9][0-9]{3}")
_GERMAN = re.compile(r"0[1-9][0-9]{3}|[1-9][0-9]{4}")
_BY_COUNTRY: Mapping[str, tuple[re.Pattern[str], str]] = {
    **dict.fromkeys(_GERMANY, (_GERMAN, "70173")),
    **dict.fromkeys(("österreich", "oesterreich", "austria", "at", "a"), (_FOUR, "1010")),
    **dict.fromkeys(("schweiz", "suisse", "svizzera", "switzerland", "ch"), (_FOUR, "8001")),
    **dict.fromkeys(("liechtenstein", "li", "fl"), (_FOUR, "9490")),
}
_ELSEWHERE = re.compile(r"(?=.*[0-9])[0-9A-Z][0-9A-Z -]{0,10}", re.IGNORECASE)
_COUNTRY_IN_FRONT = re.compile(r"(?:D|DE|A|AT|CH|FL|LI)[ -]+(?=[0-9])", re.IGNORECASE)


def check_phone(number: str) -> None:
    """Raise ValidationError for what cannot be dialled. Empty is nothing to check."""
    digits = re.sub(r"[^0-9]", "", number)
    is_number = _PHONE.fullmatch(number.strip()) and number.count("(") == number.count(")")
    if number and (not is_number or not _FEWEST <= len(digits) <= _MOST or not digits.strip("0")):
        raise ValidationError(
            _(
                "This is no telephone number: write digits, as in +49 711 123456 or 0711 123456-78. None: leave it "
                "empty."
            )
        )


def check_postal_code(code: str, country: str) -> None:
    """Raise ValidationError for what is no postal code in that country. Empty is nothing to check."""
    pattern, example = _BY_COUNTRY.get(country.strip().casefold(), (_ELSEWHERE, ""))
    bare = bare_postal_code(code, country)
    if not code or pattern.fullmatch(bare if pattern is _ELSEWHERE else bare.replace(" ", "")):
        return
    if example:
        message = _(
            "This is no postal code of {country}: write it as in {example}. Elsewhere? Then change the country."
        )
        raise ValidationError(str(message).format(country=country.strip() or "Deutschland", example=example))
    raise ValidationError(_("This is no postal code: it has digits, and at most letters, blanks and dashes besides."))


def bare_postal_code(code: str, country: str) -> str:
    """Without the country that some write in front, as in D-70173."""
    is_known = country.strip().casefold() in _BY_COUNTRY
    return _COUNTRY_IN_FRONT.sub("", code.strip(), count=1) if is_known else code.strip()


def check_row(row: Model, *, phone: str | None = "phone") -> None:
    """For a model's `clean`: check telephone and postal code as far as they say something else than what is stored.

    What was kept before there was a check is not refused: nobody could correct another field then.
    Raises ValidationError by field.
    """
    values: Any = row
    values.postal_code = bare_postal_code(values.postal_code, values.country)
    names = ["postal_code", "country", *([phone] if phone else [])]
    stored = type(row)._default_manager.filter(pk=row.pk).values(*names).first() or {}
    changed = {name for name in names if getattr(row, name) != stored.get(name)}
    problems: dict[str, list[str]] = {}
    if phone in changed:
        problems |= _problem(phone, check_phone, getattr(row, phone))
    if changed & {"postal_code", "country"}:
        problems |= _problem("postal_code", check_postal_code, values.postal_code, values.country)
    if problems:
        raise ValidationError(problems)


def _problem(field: str | None, check: Callable[..., None], *values: str) -> dict[str, list[str]]:
    try:
        check(*values)
    except ValidationError as error:
        return {str(field): error.messages}
    return {}
