"""Reading vCards (versions 2.1, 3.0 and 4.0) into the table that a list would be."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.importing.columns import label
from customers.importing.table import Row, Table, checked
from customers.refusals import Refused

_NAME = {"first_name": "given", "last_name": "family", "salutation": "prefix"}
_PLACE = {"street": "street", "postal_code": "code", "city": "city", "country": "country"}
#: what a card is read into; the second telephone and so on get columns of their own
COLUMNS = (*_NAME, "company", *_PLACE, "phone", "email", "notes")
MOST_OF_A_KIND = 10  # telephones or mail addresses of one card

Values = dict[tuple[str, int], str]  # (target, which of its kind) → value


def read_cards(text: str) -> Table:
    """One row per card, numbered as the cards are. Raises Refused."""
    from vobject.base import VObjectError, readComponents

    try:
        cards = [dict(_values(card)) for card in readComponents(text, allowQP=True) if card.name == "VCARD"]
    except (VObjectError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise Refused(_("The cards cannot be read: the file is damaged, or no vCard file.")) from error
    columns = sorted({key for card in cards for key in card}, key=lambda key: (key[1], COLUMNS.index(key[0])))
    rows = [Row(place, tuple(card.get(key, "") for key in columns)) for place, card in enumerate(cards, 1)]
    return checked(Table(tuple(map(_header, columns)), tuple(rows), tuple(map(_target, columns))))


def _values(card: Any) -> Iterator[tuple[tuple[str, int], str]]:
    for name, value in _name(card):
        yield (name, 0), value
    for place, address in enumerate(card.contents.get("adr", [])[:2]):
        for target, part in _PLACE.items():
            yield (target, place), _joined(getattr(address.value, part, ""))
    for target, line in (("phone", "tel"), ("email", "email")):
        for place, held in enumerate(card.contents.get(line, [])[:MOST_OF_A_KIND]):
            yield (target, place), _joined(held.value).removeprefix("tel:").removeprefix("mailto:")
    for note in card.contents.get("note", [])[:1]:
        yield ("notes", 0), _joined(note.value)


def _name(card: Any) -> Iterator[tuple[str, str]]:
    for held in card.contents.get("n", [])[:1]:
        for target, part in _NAME.items():
            yield target, _joined(getattr(held.value, part, ""))
    for held in card.contents.get("org", [])[:1]:
        yield "company", _joined(held.value, ", ")


def _joined(value: Any, between: str = " ") -> str:
    parts = value if isinstance(value, list | tuple) else [value]
    return between.join(str(part) for part in parts if part).strip()


def _target(key: tuple[str, int]) -> str:
    """The second of a kind is a further one."""
    target, place = key
    if not place:
        return target
    return f"further_{target}"


def _header(key: tuple[str, int]) -> str:
    target, place = key
    return f"{label(target)} {place + 1}" if place else label(target)
