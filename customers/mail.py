"""Mails to customers."""

from datetime import datetime
from uuid import UUID

from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

from customers.models import Confirmation, ConsentEntry, Customer
from customers.services.confirmations import MAIL_KIND, consents_in_force, letter_to, note_confirmation
from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.models import SiteSettings


def confirmation(about: UUID, facts: Facts) -> EmailMessage | None:
    """What is kept of the customer and what they agreed to, to be checked and corrected by them."""
    customer, site = Customer.objects.get(pk=about), SiteSettings.current()
    if not customer.email:
        return None
    letter = letter_to(customer, with_notes=bool(facts.get("with_notes")))
    consents = consents_in_force(customer)
    newest = consents[0].pk if consents else customer.pk
    return render(
        "customers/email/confirmation",
        {"customer": customer, "letter": letter, "site": site},
        to=customer.email,
        identity=message_id("consents", str(newest), str(int(customer.last_confirmed_at.timestamp()))),
        reply_to=site.email,
    )


def _confirmed(about: UUID, facts: Facts, at: datetime) -> None:
    """Of what was said when it was queued: what was said later is told by the next one."""
    entries = ConsentEntry.objects.filter(customer=about, pk__in=facts.get("entries", []))
    note_confirmation(entries=entries, means=Confirmation.Means.MAIL, at=at)


register(
    Kind(
        MAIL_KIND,
        label=_("confirmation of consents to a customer"),
        compose=confirmation,
        on_delivered=_confirmed,
    )
)
