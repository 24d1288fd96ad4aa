"""One line of the erasure journal: what it says, how it is written, and the chain that it hangs on.

The one place that knows the format. Whoever stores lines (`journal_file`) or puts them together again
(`journal_copies`) asks here, so a second place to store them is a second class and no second format.

A line is one JSON object. `chain` is a hash over the line and the one before it. Lines of earlier versions say
nothing of cause, node and mark: they are read as they are, and count as said by a person.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

FILE_NAME = "erasures.jsonl"
LONGEST = 32 * 1024  # bytes; one with journal.ROWS_PER_LINE rows is about 8 KB


class JournalDamaged(Exception):
    """The journal is not what was written; the message names file and line."""


class Cause(StrEnum):
    """On whose word something was done. Only what the clock alone said can be left out of a restore."""

    PERSON = "person"  #: a request, a withdrawal, an objection, or the operator for the person
    RETENTION = "retention"  #: its time had come, as the clock told


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What an answer promised about rows that stay: a restore writes it on them again."""

    objected_on: date | None = None
    promised_until: date | None = None  #: the last day on which they are kept


@dataclass(frozen=True, slots=True)
class Entry:
    """`action` (of registry.Action or registry.Measure) was done to these rows of the holding `source`."""

    number: int
    at: datetime
    source: str
    action: str
    rows: tuple[UUID, ...]
    cause: Cause = Cause.PERSON
    node: UUID | None = None  #: the data folder (`sitebackend.node`) that wrote it; None: of an earlier version
    mark: Mark | None = None


def number_of(line: bytes) -> int:
    """The number that a line claims, its chain unread. Raises JournalDamaged."""
    try:
        return int(json.loads(line)["number"])
    except (ValueError, KeyError, TypeError) as error:
        raise JournalDamaged(f"{FILE_NAME}: the last line is not a line of the journal") from error


def written(entry: Entry, chain: str) -> tuple[bytes, str]:
    """The line with its end, and its chain; `chain` is that of the line before, empty for the first."""
    facts = _facts(entry)
    own = _chain(chain, facts)
    return json.dumps(facts | {"chain": own}).encode() + b"\n", own


def chained(whole: bytes) -> list[tuple[Entry, str]]:
    """Whole lines from the first on, each with its chain. Raises JournalDamaged."""
    found: list[tuple[Entry, str]] = []
    for line in whole.splitlines():
        found.append(parsed(line, found[-1][1] if found else "", len(found) + 1))
    return found


def parsed(line: bytes, chain: str, number: int) -> tuple[Entry, str]:
    """One line and its chain, if it is line `number` and `chain` that of the line before. Raises JournalDamaged."""
    try:
        facts = json.loads(line)
        claimed = facts.pop("chain")
        fits = facts["number"] == number and claimed == _chain(chain, facts)
        entry = _entry(facts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalDamaged(f"{FILE_NAME}, line {number}: not a line of the journal") from error
    if not fits:
        raise JournalDamaged(f"{FILE_NAME}, line {number}: changed, lost or inserted")
    return entry, claimed


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "source": entry.source,
        "action": str(entry.action),
        "rows": [str(row) for row in entry.rows],
        "cause": str(entry.cause),
        "node": str(entry.node) if entry.node else None,
        "mark": _mark_facts(entry.mark) if entry.mark else None,
    }


def _entry(facts: Mapping[str, Any]) -> Entry:
    entry = Entry(
        number=facts["number"],
        at=datetime.fromisoformat(facts["at"]),
        source=facts["source"],
        action=facts["action"],
        rows=tuple(UUID(row) for row in facts["rows"]),
    )
    if "cause" not in facts:
        return entry
    node, mark = facts["node"], facts["mark"]
    return replace(
        entry,
        cause=Cause(facts["cause"]),
        node=UUID(node) if node else None,
        mark=Mark(**{name: date.fromisoformat(day) for name, day in mark.items()}) if mark else None,
    )


def _mark_facts(mark: Mark) -> dict[str, str]:
    days = {"objected_on": mark.objected_on, "promised_until": mark.promised_until}
    return {name: day.isoformat() for name, day in days.items() if day}


def _chain(before: str, facts: Mapping[str, object]) -> str:
    return hashlib.sha256(f"{before}\n{json.dumps(facts, sort_keys=True)}".encode()).hexdigest()
