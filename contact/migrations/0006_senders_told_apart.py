from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contact", "0005_mails_only_in_the_outbox")]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="sender_digest",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
            preserve_default=False,
        ),
    ]
