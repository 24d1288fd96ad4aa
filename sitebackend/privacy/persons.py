"""Who is found: what a person's words lead to, grouped into persons, of whom the operator chooses the one who asks.

What must never happen: somebody gets, or has erased, what is another's with whom they share an address, a
telephone or a name. So a customer is one person, and two customers are never one. A message or a request joins a
person only if its name and a way to reach them are the same and nothing speaks against it; what could be of two
persons, or tells no name while it is closed, stands by itself. Where nothing but an old digest leads, which took
two addresses for one, even a single person is nobody until the operator says so. Whoever is not chosen is not
found any more: `narrowed` gives the registry the keys of the chosen, and nobody else's rows pass.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from sitebackend.crypto import lookup
from sitebackend.privacy import registry
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject, Item, PersonRecord

#: one person's records, as they are remembered with a request
Choice = Sequence[Mapping[str, Any]]
_SETS = ("names", "places", "emails", "phones")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Undecided(Refused):
    """Several persons are found, and nobody said which of them is meant."""


@dataclass(frozen=True, slots=True)
class Person:
    """Records that are of one person, the telling one first, and the items that are theirs."""

    records: tuple[PersonRecord, ...]
    items: tuple[Item, ...]

    @property
    def key(self) -> str:
        """Random, and stable while the first of the records is there; each record's key leads to the person."""
        return self.records[0].key

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(record.key for record in self.records)

    @property
    def name(self) -> str:
        """Empty while it is encrypted."""
        return next((record.name for record in self.records if record.name), "")

    @property
    def title(self) -> str:
        """Kind, number and name, as far as they can be told here."""
        first = self.records[0]
        told = " ".join(part for part in (str(first.kind), first.number) if part)
        return f"{told}: {self.name}" if self.name else told

    @property
    def is_customer(self) -> bool:
        return any(record.is_anchor for record in self.records)

    @property
    def matched_by(self) -> frozenset[str]:
        return frozenset(by for item in self.items for by in item.matched_by)

    @property
    def is_unclear(self) -> bool:
        """Whether all that leads here may as well mean somebody with an address that only looks alike."""
        return self.matched_by == {registry.UNCLEAR}

    def is_named(self, name: str) -> bool:
        """Whether the name is one of theirs; compared as digests, nothing is opened."""
        digest = lookup.name(name)
        return any(digest in record.names for record in self.records) if digest else False


def found(subject: DataSubject, *, own: str = "", remembered: Choice = ()) -> list[Person]:
    """The persons that the words lead to. `own`: the request that asks, which is nobody's but the asker's.

    `remembered`: who was chosen before; also when their rows are gone, what comes from them later is theirs.
    """
    items = [item for item in registry.find(subject) if item.owner != own]
    held = {record.key: record for source in registry.sources() for record in source.persons(subject)}
    bare = {item.owner: PersonRecord(key=item.owner, kind=item.title, at=item.recorded_at) for item in items}
    records = {**{record.key: record for record in _recalled(remembered)}, **bare, **held}
    records.pop(own, None)
    persons = [_person(group, items) for group in _grouped(list(records.values()))]
    return sorted(persons, key=lambda person: _order(person.records[0]))


def narrowed(subject: DataSubject, chosen: Choice | None, *, own: str = "") -> DataSubject:
    """The same words, meaning the chosen alone, with what is theirs now. Raises Undecided if nobody was chosen of
    several.
    """
    persons = found(subject, own=own, remembered=chosen or ())
    if chosen is None and need_a_choice(persons):
        raise Undecided(why_to_choose(persons))
    wanted = {record["key"] for record in chosen} if chosen is not None else None
    meant = [person for person in persons if wanted is None or wanted & person.keys]
    return replace(subject, persons=frozenset({own} - {""}).union(*(person.keys for person in meant)))


def need_a_choice(found: Collection[Person]) -> bool:
    """Whether the operator must say who is meant: there are several, or one who is nobody for certain."""
    return len(found) > 1 or any(person.is_unclear for person in found)


def why_to_choose(found: Collection[Person]) -> str:
    if len(found) > 1:
        return _("Several persons are found. Choose the one who asks; nothing of the others is used.")
    return _(
        "What is found was stored when two addresses that look alike were taken for one (“ß” and “ss”). Choose it if "
        "it is of the one who asks; nothing of it is used before."
    )


def pick(persons: Iterable[Person], keys: Collection[str]) -> list[Person]:
    """Those whom these keys name. Raises Refused for a key of nobody, and for two customers."""
    chosen = [person for person in persons if person.keys & set(keys)]
    if set(keys) - {key for person in chosen for key in person.keys}:
        raise Refused(_("This person is not among those who are found now. Look at the list again."))
    if sum(person.is_customer for person in chosen) > 1:
        raise Refused(_("Two customers are two persons: each gets an answer of their own."))
    return chosen


def remember(persons: Iterable[Person]) -> list[dict[str, Any]]:
    """What tells these persons later, for the sealed text of a request: keys and digests."""
    return [_remembered(record) for person in persons for record in person.records]


def decided(persons: Sequence[Person], subject: DataSubject) -> Person | None:
    """The one whom a second statement names: customer number, reference, postal code with the name or alone.

    None if there is none, or if it fits several.
    """
    named = [person for person in persons if second_statements(person, subject)]
    return named[0] if len(named) == 1 else None


def second_statements(person: Person, subject: DataSubject) -> list[str]:
    """Which of the words that not everybody at an address knows fit this person."""
    fits: list[str] = [by for by in ("customer_number", "reference", "name") if by in person.matched_by]
    code = "".join(subject.postal_code.split()).casefold()
    lives_there = code and any(code in record.postal_codes for record in person.records)
    return [*fits, "postal_code"] if lives_there and "name" not in fits else fits


def _person(group: Sequence[PersonRecord], items: Sequence[Item]) -> Person:
    ordered = sorted(group, key=_order)
    keys = {record.key for record in group}
    return Person(tuple(ordered), tuple(item for item in items if item.owner in keys))


def _order(record: PersonRecord) -> tuple[bool, datetime, str]:
    """Customers first, then who came first."""
    return not record.is_anchor, record.at or _LONG_AGO, record.key


def _grouped(records: Sequence[PersonRecord]) -> list[list[PersonRecord]]:
    """What tells most comes first; what fits one person alone joins them."""
    undecided = [record for record in records if not record.is_anchor and record.belongs_to is None]
    groups = [[record] for record in records if record.is_anchor]
    for alike in _buckets(record for record in undecided if _is_telling(record)):
        _join([group for group in groups if _fits(alike[0], group)], alike, groups)
    for record in records:
        if not record.is_anchor and record.belongs_to is not None:
            theirs = [group for group in groups if record.belongs_to & {member.key for member in group}]
            _join(theirs[:1], [record], groups)
    for record in undecided:
        if not _is_telling(record):
            groups.append([record])
    return groups


def _join(fitting: list[list[PersonRecord]], records: list[PersonRecord], groups: list[list[PersonRecord]]) -> None:
    if len(fitting) == 1:
        fitting[0].extend(records)
    else:
        groups.append(records)


def _buckets(records: Iterable[PersonRecord]) -> list[list[PersonRecord]]:
    """Records that say just the same are together; those that say more are first."""
    buckets: dict[tuple[frozenset[str], ...], list[PersonRecord]] = {}
    for record in records:
        buckets.setdefault(tuple(getattr(record, name) for name in _SETS), []).append(record)
    said = [(-sum(bool(part) for part in facts), min(r.key for r in alike), alike) for facts, alike in buckets.items()]
    return [alike for _parts, _key, alike in sorted(said, key=lambda one: one[:2])]


def _is_telling(record: PersonRecord) -> bool:
    """Whether it can be compared with others: a name, and a way to reach the person."""
    return bool((record.names or record.places) and (record.emails or record.phones))


def _fits(record: PersonRecord, group: Sequence[PersonRecord]) -> bool:
    return all(_is_same(record, member) for member in (group[:1] if group[0].is_anchor else group))


def _is_same(one: PersonRecord, other: PersonRecord) -> bool:
    """The same name and a shared way to reach them, and nothing that differs; or both ways are shared (they moved)."""
    if not (one.names & other.names or one.places & other.places):
        return False
    reached = [_compared(getattr(one, name), getattr(other, name)) for name in ("emails", "phones")]
    if all(reached):
        return True
    return True in reached and False not in (*reached, _compared(one.places, other.places))


def _compared(one: frozenset[str], other: frozenset[str]) -> bool | None:
    """Whether they share something; None: one of them does not say."""
    return bool(one & other) if one and other else None


def _remembered(record: PersonRecord) -> dict[str, Any]:
    sets = {name: sorted(getattr(record, name)) for name in _SETS}
    return {"key": record.key, "is_anchor": record.is_anchor, **sets}


def _recalled(chosen: Choice) -> list[PersonRecord]:
    return [
        PersonRecord(
            key=record["key"],
            kind="",
            is_anchor=record["is_anchor"],
            names=frozenset(record["names"]),
            places=frozenset(record["places"]),
            emails=lookup.current(record["emails"]),
            phones=frozenset(record["phones"]),
        )
        for record in chosen
    ]
