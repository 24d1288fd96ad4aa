"""Importing customers: every row is tried first, and only what was shown is done.

What must never happen: a row becomes a customer without a statement on each purpose, or a person who is here
already becomes a second one unnoticed. So each row goes through the same checks as a registration by hand, the
preview carries a digest over every outcome, and the deed is refused if one of them would now be another.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customers.importing.rows import Agreement, Person, Unfit, labels_of, person_of
from customers.importing.table import Row, Table
from customers.models import ContactPoint, Customer
from customers.refusals import Changed, Refused
from customers.services.duplicates import SAME
from customers.services.register import check_number, prepared_customer, register_customer
from sitebackend.models import Operator

BATCH = 50  # customers written in one transaction: visitors' messages come in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the operator ordered: the table, what its columns are, what these people agreed to."""

    table: Table
    targets: Sequence[str]
    agreement: Agreement
    notes_purpose: str = ""
    similar_too: bool = False  #: also rows that look like a customer who is here already


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a row: a person to be taken, or the problem; after the import, the customer."""

    line: int
    name: str
    person: Person | None = None
    problem: str = ""
    customer: Customer | None = None
    like: Customer | None = None  #: who is here already


@dataclass(frozen=True, slots=True)
class Preview:
    outcomes: Sequence[Outcome]

    @property
    def accepted(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.person]

    @property
    def refused(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.person]

    @property
    def digest(self) -> str:
        facts = [f"{outcome.line}|{outcome.name}|{outcome.person}|{outcome.problem}" for outcome in self.outcomes]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def preview(order: Order) -> Preview:
    """What importing would do, row by row; nothing is kept."""
    rows = [_read(row, order) for row in order.table.rows]
    here = Customer.objects.known({digest for _outcome, digests in rows for digest in digests})
    seen: dict[str, Customer | int] = {**here}
    numbers: set[str] = set()
    return Preview([_once(outcome, digests, seen, numbers, order) for outcome, digests in rows])


def import_customers(
    *, order: Order, digest: str, recorded_by: Operator, done: Callable[[Customer], object]
) -> list[Outcome]:
    """Do what was previewed; `done` is called with each customer. Raises Changed if it would now be something else."""
    shown = preview(order)
    if shown.digest != digest:
        raise Changed(_("Something has changed since the preview. Please look at it again."))
    accepted, results = shown.accepted, list(shown.refused)
    for start in range(0, len(accepted), BATCH):
        with transaction.atomic():
            results += [_registered(outcome, recorded_by, done) for outcome in accepted[start : start + BATCH]]
    return sorted(results, key=lambda outcome: outcome.line)


def _read(row: Row, order: Order) -> tuple[Outcome, dict[str, str]]:
    """The row's outcome taken by itself, and the digests that its person is found by, each with its statement."""
    shown = " ".join(cell for cell in row.cells if cell.strip())[:60]
    try:
        person = person_of(row, order.table.headers, order.targets, order.agreement, order.notes_purpose)
        customer, points = _tried(person)
    except ValidationError as error:
        return Outcome(row.line, shown, problem=labels_of(error.message_dict)), {}
    except (Unfit, Refused) as error:
        return Outcome(row.line, shown, problem=str(error)), {}
    return Outcome(row.line, customer.display_name, person), _found_by(customer, points)


def _found_by(customer: Customer, points: Sequence[ContactPoint]) -> dict[str, str]:
    """Digest → the statement that it is of, in the order in which they are told."""
    customer.index()
    found = [("email", customer.email_digest), ("phone", customer.phone_digest), ("name", customer.name_digest)]
    found += [("name" if point.kind == "address" else point.kind, point.digest) for point in points]
    told = sorted(found, key=lambda one: [*SAME].index(one[0]))
    return {digest: statement for statement, digest in told if digest}


def _tried(person: Person) -> tuple[Customer, list[ContactPoint]]:
    """The customer as it would be, checked like one of the registration and not kept."""
    customer, _entries = prepared_customer(
        master_data=person.master_data, statements=person.statements, recorded_by=None
    )
    if person.number:
        check_number(person.number)
    points = points_of(person)
    for point in points:
        point.customer = customer
        point.full_clean(exclude=["customer"])
        point.index()
    return customer, points


def _once(
    outcome: Outcome, digests: dict[str, str], seen: dict[str, Customer | int], numbers: set[str], order: Order
) -> Outcome:
    """The same outcome, unless somebody here or in an earlier row is the same person or has the same number.

    `seen`: digest → the customer, or the earlier line.
    """
    if outcome.person is None:
        return outcome
    same = next((seen[digest] for digest in digests if digest in seen), None)
    if outcome.person.number in numbers:
        return Outcome(outcome.line, outcome.name, problem=_("The same number stands in an earlier line."))
    if same is not None and not order.similar_too:
        by = dict.fromkeys(SAME[statement] for digest, statement in digests.items() if seen.get(digest) == same)
        return _looks_like(outcome, same, ", ".join(map(str, by)))
    numbers |= {outcome.person.number} - {""}
    seen |= dict.fromkeys(digests.keys() - seen.keys(), outcome.line)
    return outcome


def _looks_like(outcome: Outcome, same: Customer | int, by: str) -> Outcome:
    """`by`: the statements that are the same, in words."""
    if isinstance(same, Customer):
        problem = _("Looks like customer {number}: {by}.").format(number=same.number, by=by)
        return Outcome(outcome.line, outcome.name, problem=problem, like=same)
    problem = _("Looks like line {line} of this file: {by}.").format(line=same, by=by)
    return Outcome(outcome.line, outcome.name, problem=problem)


def points_of(person: Person) -> list[ContactPoint]:
    return [ContactPoint(**point) for point in person.further]


def _registered(outcome: Outcome, recorded_by: Operator, done: Callable[[Customer], object]) -> Outcome:
    person = outcome.person or Person()
    customer = register_customer(
        master_data=person.master_data,
        statements=person.statements,
        recorded_by=recorded_by,
        further=points_of(person),
        number=person.number,
        source=Customer.Source.IMPORT,
    )
    done(customer)
    return Outcome(outcome.line, outcome.name, person, customer=customer)
