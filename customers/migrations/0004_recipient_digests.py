"""What a document is found by moves from four columns into rows: a customer has several telephones and addresses."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

STATEMENTS = ("email", "phone", "name", "customer_number")


def fill(apps, schema_editor):
    digest_of = apps.get_model("customers", "RecipientDigest")
    columns = [f"{statement}_digest" for statement in STATEMENTS]
    for pk, *digests in apps.get_model("customers", "BillingDocument").objects.values_list("pk", *columns):
        digest_of.objects.bulk_create(
            digest_of(document_id=pk, statement=statement, digest=digest)
            for statement, digest in zip(STATEMENTS, digests, strict=True)
            if digest
        )


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_contact_points")]

    operations = [
        migrations.CreateModel(
            name='RecipientDigest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('statement', models.CharField(max_length=20)),
                ('digest', models.CharField(max_length=64)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='found_by', to='customers.billingdocument')),
            ],
            options={
                'verbose_name': 'digest of a recipient',
                'verbose_name_plural': 'digests of recipients',
                'constraints': [models.UniqueConstraint(fields=('digest', 'document'), name='one_digest_per_document')],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
