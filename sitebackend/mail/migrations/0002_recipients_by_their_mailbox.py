"""Waiting mails are found by what equals an address today: digests of version 2 (`crypto.lookup`)."""

import json

from django.db import migrations

from sitebackend.crypto import lookup, sealing, server_key

NAMES = ('to', 'recipient')  # under which the facts of a mail have its address


def renew(apps, schema_editor):
    mails = apps.get_model('mail', 'OutgoingMail').objects
    for mail in mails.exclude(recipient_digest='').exclude(payload=None).iterator():
        facts = _facts(mail)
        if address := next((facts[name] for name in NAMES if facts.get(name)), ''):
            mails.filter(pk=mail.pk).update(recipient_digest=lookup.email(address))


def _facts(mail):
    """What does not open any more is left as it is."""
    context = f'outgoing-mail|{mail.kind}|{mail.about}'
    try:
        return json.loads(sealing.unwrap(server_key.derive('outbox'), bytes(mail.payload), context=context))
    except sealing.SealingError:
        return {}


class Migration(migrations.Migration):
    dependencies = [('mail', '0001_outbox'), ('contact', '0004_mails_to_the_outbox')]

    operations = [migrations.RunPython(renew, migrations.RunPython.noop, elidable=True)]
