"""Who is here already: before somebody becomes a customer for the second time.

What must never happen: one person stands in the list twice, unnoticed, and is answered, erased or invoiced by half.
Nor is anybody refused: couples share a telephone, family firms an address. So this only finds; the operator decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Customer

SAME: Mapping[str, str | Promise] = {
    "email": _("the same e-mail address"),
    "phone": _("the same telephone number"),
    "name": _("the same name and postal code"),
}
MOST = 10  # shown


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Somebody who may be the same, and by what."""

    customer: Customer
    same: Sequence[str | Promise]


def possible_duplicates(found_by: Mapping[str, Collection[str]], *, besides: UUID) -> list[Duplicate]:
    """The customers who share one of these digests (statement → digests, as `Customer.found_by` gives them)."""
    digests = {digest for some in found_by.values() for digest in some} - {""}
    customers = Customer.objects.for_lists().sharing(digests).exclude(pk=besides)[:MOST] if digests else ()
    return [Duplicate(customer, _same(customer, found_by)) for customer in customers]


def _same(customer: Customer, found_by: Mapping[str, Collection[str]]) -> list[str | Promise]:
    held = customer.found_by()
    return [words for statement, words in SAME.items() if held[statement] & {*found_by.get(statement, ())}]
