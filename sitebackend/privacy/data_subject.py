"""The person whom the registry is asked about, by what is known of them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

#: What an item is matched by that only an address in an earlier version's digest leads to: that version took two
#: addresses for one (`crypto.lookup`), so it may be somebody else's. It is shown, and nothing is done with it unasked.
UNCLEAR = "email_unclear"
Rows = TypeVar("Rows", bound=QuerySet[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSubject:
    """What a person says of themselves; any of it may be empty. A reference is a submission's or request's.

    Several persons may share what is said. `persons`: the keys of those who are meant (`persons.narrowed`), and
    nobody else's rows are found, copied, planned or erased; None: whomever the words lead to.
    """

    email: str = ""
    phone: str = ""
    name: str = ""
    postal_code: str = ""
    customer_number: str = ""
    reference: str = ""
    persons: frozenset[str] | None = None

    def means(self, key: object) -> bool:
        """Whether what belongs to this key is among the persons who are meant."""
        return self.persons is None or str(key) in self.persons

    def may_use(self, matched_by: Collection[str]) -> bool:
        """Whether what these statements led to may be copied, restricted or erased.

        What is unclear may be, once somebody said whose it is.
        """
        return self.persons is not None or set(matched_by) != {UNCLEAR}

    def narrow(self, rows: Rows, *, column: str = "pk") -> Rows:
        """Those of `rows` that belong to the persons who are meant; `column` holds the person's key."""
        return rows if self.persons is None else rows.filter(**{f"{column}__in": self.persons})

    def is_empty(self) -> bool:
        """True if nothing here could find anybody: a name counts only together with a postal code."""
        direct = self.email or self.phone or self.customer_number or self.reference
        return not direct and not (self.name and self.postal_code)
