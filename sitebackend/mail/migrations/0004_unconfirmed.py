"""A mail may be in doubt: its own state, and how many copies of it may lie in a mailbox."""

from django.db import migrations, models


def count_copies(apps, schema_editor):
    """Whatever was sent lies in a mailbox once."""
    apps.get_model("mail", "OutgoingMail").objects.filter(state="sent").update(copies=1, repeats=1)


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0003_mail_server'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='outgoingmail', name='only_waiting_mail_is_due'),
        migrations.AddField(
            model_name='outgoingmail',
            name='copies',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='outgoingmail',
            name='repeats',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='outgoingmail',
            name='is_setting_wrong',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AlterField(
            model_name='outgoingmail',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting'), ('retrying', 'tried, will be tried again'), ('held', 'held since the restore'), ('unconfirmed', 'sent, unconfirmed'), ('sent', 'sent'), ('undeliverable', 'undeliverable')], db_index=True, default='waiting', max_length=15, verbose_name='state'),
        ),
        migrations.AddConstraint(
            model_name='outgoingmail',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_attempt_at__isnull', False), ('state__in', ['waiting', 'retrying'])), models.Q(('next_attempt_at', None), ('state__in', ['held', 'sent', 'undeliverable'])), ('state', 'unconfirmed'), _connector='OR'), name='only_waiting_mail_is_due'),
        ),
        migrations.RunPython(count_copies, migrations.RunPython.noop),
    ]
