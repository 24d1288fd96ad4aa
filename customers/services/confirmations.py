"""Confirming in writing what was said by word of mouth, and asking whether the master data are still right."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Confirmation, ConsentEntry, Customer
from customers.models.consent import ConsentQuerySet, Decision
from customers.refusals import Refused, Restricted
from sitebackend.mail import services as outbox

MAIL_KIND = "customers.confirmation"  #: in the outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the confirmation tells; the page and the mail are made of the same.

    What was agreed to is quoted and can be withdrawn. What rests on the contract is named, and nothing more: to
    whoever reads there a consent that nobody gave, the letter would say what is not so.
    """

    master_data: Sequence[tuple[str, str]]
    consents: Sequence[ConsentEntry]
    by_contract: Sequence[ConsentEntry]

    @property
    def digest(self) -> str:
        """Another letter, another digest."""
        told = [f"{label}={value}" for label, value in self.master_data]
        told += [str(entry.pk) for entry in (*self.consents, *self.by_contract)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def letter_to(customer: Customer, *, with_notes: bool) -> Letter:
    """The letter as it is now. Notes are the operator's own: they stay in unless wanted."""
    left_out = set() if with_notes else {"notes", "notes_purpose"}
    told = {label: value for name, (label, value) in customer.told().items() if name not in left_out}
    points = [(point.label or point.get_kind_display(), point.shown) for point in customer.contact_points.all()]
    in_force = consents_in_force(customer)
    return Letter(
        master_data=[(str(Customer._meta.get_field("number").verbose_name), customer.number), *told.items(), *points],
        consents=[entry for entry in in_force if not entry.rests_on_contract],
        by_contract=[entry for entry in in_force if entry.rests_on_contract],
    )


def consents_in_force(customer: Customer) -> list[ConsentEntry]:
    """What the confirmation tells, the newest first."""
    last_words = customer.entries.select_related("wording").latest_by_purpose().values()
    given = [entry for entry in last_words if entry.decision == Decision.GIVEN]
    return sorted(given, key=lambda entry: entry.given_at, reverse=True)


def send_confirmation(*, customer: Customer, now: datetime, with_notes: bool = False) -> None:
    """By mail. It is noted as sent once the mail server took it.

    Raises Refused if there is no address, or if the customer's data are restricted.
    """
    if customer.restricted_since:
        raise Restricted
    if not customer.email:
        raise Refused(_("There is no e-mail address. Print the letter instead."))
    waiting = [str(key) for key in customer.entries.unconfirmed().values_list("pk", flat=True)]
    outbox.queue(
        MAIL_KIND, about=customer.pk, to=customer.email, facts={"entries": waiting, "with_notes": with_notes}, now=now
    )


@transaction.atomic
def note_confirmation(*, entries: QuerySet[ConsentEntry], means: str, at: datetime) -> int:
    """Note that the confirmation went out, for every oral statement among these that waits for one; gives how many."""
    waiting = cast("ConsentQuerySet", entries).unconfirmed()
    made = [Confirmation(entry=entry, means=means, sent_at=at) for entry in waiting]
    return len(Confirmation.objects.bulk_create(made))
