"""The chain over the consent ledger: a line that was changed, lost or slipped in past this program is noticed.

What must never happen: somebody with a database shell turns a refusal into a consent, or a consent's day or
wording into another, and nothing says so. So every entry has a link: its own digest, chained to the link before
it. A link stays when its entry goes with an erased customer. It holds digests over random keys and a random salt
that goes with the entry, so that nothing in it leads to whoever was erased; that the entry may be gone says the
erasure journal, which lies outside the database.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from customers.refusals import AppendOnly

if TYPE_CHECKING:
    from customers.models.consent import ConsentEntry

#: what an entry's digest is made of: every column, and the words that were agreed to
SEALED_FIELDS = (
    "id",
    "customer_id",
    "purpose",
    "decision",
    "legal_basis",
    "form",
    "channel",
    "wording_id",
    "given_at",
    "recorded_at",
    "recorded_by_id",
    "evidence_id",
    "salt",
)
_APPENDING = 0x4C454447  # PostgreSQL's advisory lock of those who append: any number that nobody else takes


class LedgerLinkQuerySet(models.QuerySet["LedgerLink"]):
    def update(self, **values: Any) -> int:
        raise AppendOnly(_("Entries of the consent ledger are never changed."))

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly(_("Entries of the consent ledger are never changed."))


class LedgerLink(models.Model):
    """One link: number, digests of the entry and of its customer's key, and the hash over these and the one before."""

    number = models.PositiveBigIntegerField(primary_key=True)
    customer_digest = models.CharField(max_length=64)
    entry_digest = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)

    objects = LedgerLinkQuerySet.as_manager()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return str(self.number)


def new_salt() -> str:
    return secrets.token_hex(16)


def chain_on(entries: Sequence["ConsentEntry"]) -> None:
    """Give each entry its link, in this order, within the transaction that keeps them."""
    if connection.vendor == "postgresql":  # SQLite has one writer at a time anyway
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_APPENDING])
    last = LedgerLink.objects.last()
    first, chain = (last.number + 1, last.chain) if last else (1, "")
    links: list[LedgerLink] = []
    for number, entry in enumerate(entries, start=first):
        text = entry.wording.text if entry.wording else None
        facts = [getattr(entry, name) for name in SEALED_FIELDS]
        link = LedgerLink(
            number=number, customer_digest=key_digest(entry.customer_id), entry_digest=digest(facts, text)
        )
        chain = link.chain = chained(chain, number, link.customer_digest, link.entry_digest)
        entry.link = link
        links.append(link)
    LedgerLink.objects.bulk_create(links)


def key_digest(key: object) -> str:
    return hashlib.sha256(f"customer|{key}".encode()).hexdigest()


def digest(facts: Collection[Any], words: str | None) -> str:
    """Of one entry: `facts` are its SEALED_FIELDS, `words` the text of its wording."""
    told = [fact.astimezone(UTC).isoformat() if isinstance(fact, datetime) else fact for fact in facts]
    plain = [None if fact is None else str(fact) for fact in (*told, words)]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def chained(before: str, number: int, customer: str, entry: str) -> str:
    return hashlib.sha256(f"{before}\n{number}|{customer}|{entry}".encode()).hexdigest()
