import django.db.models.deletion
from django.db import migrations, models

import customers.models.ledger


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_ends_that_are_kept")]

    operations = [
        migrations.CreateModel(
            name="LedgerLink",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("customer_digest", models.CharField(max_length=64)),
                ("entry_digest", models.CharField(max_length=64)),
                ("chain", models.CharField(max_length=64)),
            ],
            options={"ordering": ["number"]},
        ),
        migrations.AlterField(
            model_name="consententry",
            name="wording",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="customers.wording",
                verbose_name="wording",
            ),
        ),
        migrations.AddField(
            model_name="consententry",
            name="link",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entry",
                to="customers.ledgerlink",
            ),
        ),
        migrations.AddField(
            model_name="consententry",
            name="salt",
            field=models.CharField(default=customers.models.ledger.new_salt, editable=False, max_length=32),
        ),
    ]
