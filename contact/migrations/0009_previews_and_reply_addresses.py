import django.db.models.deletion
from django.db import migrations, models


def of_one_submission(**options):
    return models.OneToOneField(
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        primary_key=True,
        serialize=False,
        to="contact.submission",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("contact", "0008_keys_proved")]

    operations = [
        migrations.CreateModel(
            name="Preview",
            fields=[
                ("submission", of_one_submission()),
                ("sealed", models.BinaryField()),
            ],
            options={"verbose_name": "preview in the inbox", "verbose_name_plural": "previews in the inbox"},
        ),
        migrations.CreateModel(
            name="ReplyAddress",
            fields=[
                ("submission", of_one_submission(related_name="reply_address")),
                ("sealed", models.BinaryField()),
            ],
        ),
    ]
