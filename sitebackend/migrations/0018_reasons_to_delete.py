from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sitebackend", "0017_key_acts")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("request", "a request of the person"),
                    ("consent", "the person agreed to it"),
                    ("claims", "legal claims"),
                    ("others", "protecting the rights of somebody else"),
                    ("public", "an important public interest, or a duty by law"),
                    ("spam", "it is spam"),
                    ("mistake", "it was sent or recorded by mistake, or twice"),
                    ("trial", "it was a trial"),
                    ("settled", "it is settled and no longer needed"),
                    ("wish", "the sender asked for it, without more"),
                ],
                max_length=10,
                verbose_name="reason",
            ),
        ),
    ]
