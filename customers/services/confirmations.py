"""Confirming in writing what was said by word of mouth, and asking whether the master data are still right."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers import mail
from customers.models import Confirmation, ConsentEntry, Customer
from customers.models.consent import Decision
from customers.refusals import Refused, Restricted
from sitebackend.mail import NOT_TAKEN, send


def consents_in_force(customer: Customer) -> list[ConsentEntry]:
    """What the confirmation tells, the newest first."""
    last_words = customer.entries.select_related("wording").latest_by_purpose().values()
    given = [entry for entry in last_words if entry.decision == Decision.GIVEN]
    return sorted(given, key=lambda entry: entry.given_at, reverse=True)


def send_confirmation(*, customer: Customer) -> None:
    """By mail. It is noted as sent once the mail server took it: at worst a mail goes out twice.

    Raises Refused if there is no address, if the customer's data are restricted, or the mail server does not take it.
    """
    if customer.restricted_since:
        raise Restricted
    if not customer.email:
        raise Refused(_("There is no e-mail address. Print the letter instead."))
    try:
        send(mail.confirmation(customer, consents_in_force(customer)))
    except NOT_TAKEN as error:
        raise Refused(_("The mail server did not take the mail. Try again later, or print the letter.")) from error
    note_confirmation(customer=customer, means=Confirmation.Means.MAIL)


@transaction.atomic
def note_confirmation(*, customer: Customer, means: str) -> int:
    """Note that the confirmation went out, for every oral statement that waits for one; gives how many."""
    waiting = customer.entries.unconfirmed()
    return len(Confirmation.objects.bulk_create(Confirmation(entry=entry, means=means) for entry in waiting))
