"""Acknowledgements and links that wait go on waiting, in the outbox; answers by mail were sent when they were given."""

from django.db import migrations
from django.db.models import F


def move(apps, schema_editor):
    OutgoingMail = apps.get_model('mail', 'OutgoingMail')
    requests = apps.get_model('privacy', 'DataSubjectRequest').objects
    requests.filter(answered_at__isnull=False).exclude(email_digest='').update(answer_sent_at=F('answered_at'))
    still_open = requests.filter(answered_at=None)
    waiting = {
        'privacy.acknowledgement': still_open.filter(acknowledged_at=None).exclude(email_digest=''),
        'privacy.identity_link': still_open.filter(link_asked_at__isnull=False, link_mailed_at=None, identity=''),
    }
    for kind, rows in waiting.items():
        OutgoingMail.objects.bulk_create(
            OutgoingMail(
                kind=kind,
                about=row.pk,
                queued_at=row.recorded_at,
                next_attempt_at=row.mail_after,
            )
            for row in rows
        )


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0013_answer_sent_at'),
        ('mail', '0001_outbox'),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
