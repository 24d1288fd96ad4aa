"""Mails to customers."""

from collections.abc import Sequence

from django.core.mail import EmailMessage

from customers.models import ConsentEntry, Customer
from sitebackend import mail
from sitebackend.models import SiteSettings


def confirmation(customer: Customer, consents: Sequence[ConsentEntry]) -> EmailMessage:
    """What is kept of the customer and what they agreed to, to be checked and corrected by them."""
    site = SiteSettings.current()
    newest = consents[0].pk if consents else customer.pk
    return mail.render(
        "customers/email/confirmation",
        {"customer": customer, "consents": consents, "site": site},
        to=customer.email,
        identity=mail.message_id("consents", str(newest), str(int(customer.last_confirmed_at.timestamp()))),
        reply_to=site.email,
    )
