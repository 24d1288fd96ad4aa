"""Notices that wait go on waiting, in the outbox."""

from django.db import migrations


def move(apps, schema_editor):
    OutgoingMail = apps.get_model('mail', 'OutgoingMail')
    OutgoingMail.objects.bulk_create(
        OutgoingMail(kind='cockpit.notice', about=notice.pk, queued_at=notice.at, next_attempt_at=notice.due_at)
        for notice in apps.get_model('sitebackend', 'OperatorNotice').objects.all()
    )


class Migration(migrations.Migration):

    dependencies = [
        ('sitebackend', '0013_authority_by_state'),
        ('mail', '0001_outbox'),
    ]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.RemoveField(model_name='operatornotice', name='due_at'),
    ]
