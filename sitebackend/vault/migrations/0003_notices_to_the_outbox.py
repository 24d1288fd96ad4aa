"""Notices that wait go on waiting, in the outbox."""

from django.db import migrations


def move(apps, schema_editor):
    OutgoingMail = apps.get_model('mail', 'OutgoingMail')
    waiting = apps.get_model('vault', 'VaultEvent').objects.filter(announce_at__isnull=False)
    OutgoingMail.objects.bulk_create(
        OutgoingMail(kind='vault.event', about=event.pk, queued_at=event.at, next_attempt_at=event.announce_at)
        for event in waiting
    )


class Migration(migrations.Migration):

    dependencies = [
        ('vault', '0002_lock_for_messages'),
        ('mail', '0001_outbox'),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
