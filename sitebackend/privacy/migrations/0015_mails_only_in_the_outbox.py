from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0014_mails_to_the_outbox'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='datasubjectrequest',
            name='mail_after',
        ),
    ]
