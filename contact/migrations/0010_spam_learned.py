import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contact", "0009_previews_and_reply_addresses")]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="verdict",
            field=models.CharField(
                choices=[
                    ("clean", "no objection"),
                    ("suspect", "suspected spam"),
                    ("released", "no spam, says the operator"),
                    ("spam", "spam, says the operator"),
                ],
                db_index=True,
                default="clean",
                max_length=10,
                verbose_name="verdict",
            ),
        ),
        migrations.CreateModel(
            name="MessageFeatures",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                (
                    "submission",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="features",
                        to="contact.submission",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SpamModel",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField(null=True)),
                ("stale_since", models.DateTimeField(null=True)),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_spam_model")]},
        ),
    ]
