"""Confirming in writing what was said by word of mouth, and asking whether the master data are still right."""

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


def consents_in_force(customer: Customer) -> list[ConsentEntry]:
    """What the confirmation tells, the newest first."""
    last_words = customer.entries.select_related("wording").latest_by_purpose().values()
    given = [entry for entry in last_words if entry.decision == Decision.GIVEN]
    return sorted(given, key=lambda entry: entry.given_at, reverse=True)


def send_confirmation(*, customer: Customer, now: datetime) -> None:
    """By mail. It is noted as sent once the mail server took it.

    Raises Refused if there is no address, or if the customer's data are restricted.
    """
    if customer.restricted_since:
        raise Restricted
    if not customer.email:
        raise Refused(_("There is no e-mail address. Print the letter instead."))
    waiting = [str(key) for key in customer.entries.unconfirmed().values_list("pk", flat=True)]
    outbox.queue(MAIL_KIND, about=customer.pk, to=customer.email, facts={"entries": waiting}, now=now)


@transaction.atomic
def note_confirmation(*, entries: QuerySet[ConsentEntry], means: str, at: datetime) -> int:
    """Note that the confirmation went out, for every oral statement among these that waits for one; gives how many."""
    waiting = cast("ConsentQuerySet", entries).unconfirmed()
    made = [Confirmation(entry=entry, means=means, sent_at=at) for entry in waiting]
    return len(Confirmation.objects.bulk_create(made))
