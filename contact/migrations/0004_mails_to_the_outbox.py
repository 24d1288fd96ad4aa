"""Mails that wait go on waiting, in the outbox: with what they need, with their attempts, and none twice."""

import json

from django.db import migrations

from sitebackend.crypto import sealing, server_key

BATCH = 1000
MAIL, ACKNOWLEDGEMENT = 'contact.submission', 'contact.acknowledgement'


def move(apps, schema_editor):
    OutgoingMail = apps.get_model('mail', 'OutgoingMail')
    mailed = apps.get_model('contact', 'Submission').objects.exclude(delivery='not_mailed')
    _store(OutgoingMail, (_mail(OutgoingMail, row) for row in mailed.iterator(BATCH)))
    waiting = apps.get_model('contact', 'Acknowledgement').objects.select_related('submission')
    _store(OutgoingMail, (_acknowledgement(OutgoingMail, row) for row in waiting.iterator(BATCH)))


def _store(OutgoingMail, mails):
    batch = []
    for mail in mails:
        batch.append(mail)
        if len(batch) == BATCH:
            OutgoingMail.objects.bulk_create(batch)
            batch = []
    OutgoingMail.objects.bulk_create(batch)


def _mail(OutgoingMail, row):
    is_sent = row.delivery == 'sent'
    return OutgoingMail(
        kind=MAIL,
        about=row.pk,
        payload=None if is_sent else _sealed_anew(row.mail_payload, f'contact-mail|{row.pk}', MAIL, row.pk),
        state=row.delivery,
        queued_at=row.queued_at,
        next_attempt_at=(row.next_attempt_at or row.queued_at) if row.delivery in ('waiting', 'retrying') else None,
        attempts=row.attempts,
        last_reply='' if is_sent else row.last_reply,
        sent_at=(row.sent_at or row.queued_at) if is_sent else None,
    )


def _acknowledgement(OutgoingMail, row):
    return OutgoingMail(
        kind=ACKNOWLEDGEMENT,
        about=row.submission_id,
        recipient_digest=row.submission.email_digest,
        payload=_sealed_anew(row.wrapped, f'contact-acknowledgement|{row.pk}', ACKNOWLEDGEMENT, row.submission_id),
        queued_at=row.submission.received_at,
        next_attempt_at=row.next_attempt_at,
    )


def _sealed_anew(sealed, context, kind, about):
    """Bound to its new row. What does not open any more is left behind: the mail then goes as PGP/MIME."""
    if sealed is None:
        return None
    key = server_key.derive('outbox')
    try:
        facts = json.loads(sealing.unwrap(key, bytes(sealed), context=context))
    except sealing.SealingError:
        return None
    content = json.dumps(facts, sort_keys=True).encode()
    return sealing.wrap(key, content, context=f'outgoing-mail|{kind}|{about}')


class Migration(migrations.Migration):

    dependencies = [
        ('contact', '0003_acknowledgements'),
        ('mail', '0001_outbox'),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
