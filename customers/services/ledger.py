"""Whether the consent ledger is what was recorded.

The chain tells what was done in its middle; what was done to its end tells the head that is noted outside the
database (`chain_head`). What was recorded since the worker's last round is not noted yet.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from customers.models import ConsentEntry, LedgerLink
from customers.models.ledger import SEALED_FIELDS, chained, digest, key_digest
from sitebackend.privacy import chain_head, journal
from sitebackend.privacy.chain_head import Head
from sitebackend.privacy.registry import Action

HOLDING = "customers.master_data"  #: under this name the journal tells that a customer was erased, with all entries


def broken_entries() -> int:
    """How many links and entries are not what was written: changed, lost, slipped in or moved. 0: the ledger is whole.

    Raises journal.JournalDamaged if entries are gone and the journal cannot say whether they were erased.
    """
    links = {link.number: link for link in LedgerLink.objects.all().iterator()}
    broken, seen, unchained = set(_torn(links)) | _unlike_head(links), set[int](), 0
    for *facts, words, number in _entries():
        link = links.get(number)
        seen.add(number)
        if link is None:
            unchained += 1
        elif (link.entry_digest, link.customer_digest) != (digest(facts, words), key_digest(facts[1])):
            broken.add(number)
    gone = {number: links[number].customer_digest for number in links.keys() - seen}
    if gone:
        erased = _erased()
        broken |= {number for number, customer in gone.items() if customer not in erased}
    return len(broken) + unchained


def note_head(now: datetime) -> int:
    """Worker job: note the newest link outside the database; 1 if there was a new one.

    Not if the one noted before is no longer there: that is an alarm until a backup from before is restored.
    """
    noted, last = chain_head.read(), LedgerLink.objects.last()
    if last is None or (noted and (noted.number >= last.number or not _holds(noted))):
        return 0
    chain_head.write(Head(last.number, last.chain))
    return 1


def _holds(head: Head) -> bool:
    return LedgerLink.objects.filter(number=head.number, chain=head.chain).exists()


def _unlike_head(links: dict[int, LedgerLink]) -> set[int]:
    """The numbers, up to the one that was noted, that are cut off; or that one, if another link stands there."""
    head = chain_head.read()
    if head is None or (head.number in links and links[head.number].chain == head.chain):
        return set()
    return {head.number, *range(max(links, default=0) + 1, head.number)}


def _entries() -> Iterator[tuple[Any, ...]]:
    rows = ConsentEntry.objects.order_by().values_list(*SEALED_FIELDS, "wording__text", "link")
    return rows.iterator()


def _torn(links: dict[int, LedgerLink]) -> list[int]:
    """The links that do not follow from the one before; of a gap the link behind it."""
    torn, before, expected = [], "", 1
    for number in sorted(links):
        link = links[number]
        if number != expected or link.chain != chained(before, number, link.customer_digest, link.entry_digest):
            torn.append(number)
        before, expected = link.chain, number + 1
    return torn


def _erased() -> set[str]:
    """Digests of the customers' keys that were erased by this program."""
    return {
        key_digest(row)
        for entry in journal.entries()
        if (entry.source, entry.action) == (HOLDING, Action.DELETE)
        for row in entry.rows
    }
