from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contact", "0006_senders_told_apart")]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="kept_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="looked through"),
        ),
        migrations.AddField(
            model_name="submission",
            name="goes_on",
            field=models.DateField(editable=False, null=True, verbose_name="goes on"),
        ),
    ]
