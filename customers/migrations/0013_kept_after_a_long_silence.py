"""What the operator answered about a customer of whom nothing was heard for long."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0012_source_of_customers"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="kept_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="kept after a long silence"),
        ),
        migrations.AddField(
            model_name="customer",
            name="kept_because",
            field=models.CharField(
                blank=True, default="", editable=False, max_length=300, verbose_name="kept because"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="customer",
            name="goes_on",
            field=models.DateField(editable=False, null=True, verbose_name="goes on"),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=Q(kept_at=None, kept_because="") | Q(kept_at__isnull=False) & ~Q(kept_because=""),
                name="customer_is_kept_for_a_reason",
            ),
        ),
    ]
