from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0008_billing_files_opened")]

    operations = [
        migrations.AddField(
            "billingdocument",
            "hold_ground",
            models.CharField(
                blank=True,
                choices=[
                    ("tax", "the tax office still needs it (Art. 17(3)(b) GDPR, § 147(3) AO)"),
                    ("claim", "a dispute is open (Art. 17(3)(e) GDPR)"),
                ],
                max_length=10,
                verbose_name="ground of the hold",
            ),
        ),
        migrations.AddField(
            "billingdocument",
            "objected_on",
            models.DateField(editable=False, null=True, verbose_name="recipient objected on"),
        ),
    ]
