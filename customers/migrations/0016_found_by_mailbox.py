"""Customers are found by what equals an address today: digests of version 2 (`crypto.lookup`), and search columns.

Documents of those who are still customers get new digests of the addresses that the customer has now. Of former
addresses and former customers only digests are left: they stay, and are looked for as well.
"""

import uuid

from django.db import migrations

from customers.folding import folded_phone, searchable
from sitebackend.crypto import lookup

CONFIRMATION = 'customers.confirmation'


def renew(apps, schema_editor):
    Customer = apps.get_model('customers', 'Customer')
    for customer in Customer.objects.iterator():
        digest = lookup.email(customer.email)
        Customer.objects.filter(pk=customer.pk).update(email_digest=digest, search_text=_of_customer(customer))
        _keep_findable(apps, customer, {customer.email, *_renew_further(apps, customer)} - {''})
        waiting = apps.get_model('mail', 'OutgoingMail').objects.filter(kind=CONFIRMATION, about=customer.pk)
        waiting.exclude(recipient_digest='').update(recipient_digest=digest)


def _of_customer(customer):
    spoken = (customer.number, customer.company, customer.first_name, customer.last_name, customer.city)
    phone = folded_phone(customer.phone)
    return searchable(*spoken, customer.postal_code, phone, email=customer.email)


def _renew_further(apps, customer):
    points = apps.get_model('customers', 'ContactPoint').objects
    further = list(points.filter(customer=customer, kind='email'))
    for point in further:
        spoken = (point.label, point.street, point.postal_code, point.city)
        search_text = searchable(*spoken, email=point.value)
        points.filter(pk=point.pk).update(digest=lookup.email(point.value), search_text=search_text)
    return [point.value for point in further]


def _keep_findable(apps, customer, addresses):
    found_by = apps.get_model('customers', 'RecipientDigest')
    mailboxes = [lookup.mailbox(address) for address in addresses]
    old = {digest for mailbox in mailboxes for digest in mailbox.before | mailbox.unclear}
    found_by.objects.filter(document__customer=customer, statement='email', digest__in=old).delete()
    documents = apps.get_model('customers', 'BillingDocument').objects.filter(customer=customer)
    found_by.objects.bulk_create(
        [
            found_by(id=uuid.uuid4(), document_id=document, statement='email', digest=digest)
            for document in documents.values_list('pk', flat=True)
            for digest in {mailbox.digest for mailbox in mailboxes}
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [('customers', '0015_hold_ended_on'), ('mail', '0001_outbox')]

    operations = [migrations.RunPython(renew, migrations.RunPython.noop, elidable=True)]
