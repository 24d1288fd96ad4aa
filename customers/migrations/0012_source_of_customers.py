"""Where customers' master data came from; of those that are here already nobody knows it."""

from django.db import migrations, models

SOURCES = [
    ("told", "told by the customer"),
    ("import", "taken over from a file"),
    ("message", "taken over from a message of the customer"),
    ("unknown", "not on record: recorded before it was asked for"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0011_chain_entries'),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="source",
            field=models.CharField(
                choices=SOURCES, default="unknown", editable=False, max_length=10, verbose_name="source"
            ),
        ),
        migrations.AlterField(
            model_name="customer",
            name="source",
            field=models.CharField(
                choices=SOURCES, default="told", editable=False, max_length=10, verbose_name="source"
            ),
        ),
    ]
