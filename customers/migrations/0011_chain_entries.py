"""Chain the entries that are there, in the order in which they were recorded; from here on a change shows."""

from django.db import migrations

from customers.models.ledger import SEALED_FIELDS, chained, digest, key_digest, new_salt

AT_ONCE = 1000


def chain(apps, schema_editor):
    entries = apps.get_model("customers", "ConsentEntry")
    links = apps.get_model("customers", "LedgerLink")
    number, before, made, held = 0, "", [], []
    for entry in entries.objects.filter(link=None).select_related("wording").order_by("recorded_at", "id").iterator():
        number, entry.salt = number + 1, new_salt()
        facts = [getattr(entry, name) for name in SEALED_FIELDS]
        link = links(
            number=number,
            customer_digest=key_digest(entry.customer_id),
            entry_digest=digest(facts, entry.wording.text if entry.wording else None),
        )
        before = link.chain = chained(before, number, link.customer_digest, link.entry_digest)
        entry.link = link
        made.append(link)
        held.append(entry)
    links.objects.bulk_create(made, batch_size=AT_ONCE)
    entries.objects.bulk_update(held, ["link", "salt"], batch_size=AT_ONCE // 4)


class Migration(migrations.Migration):
    dependencies = [("customers", "0010_ledger_chain")]

    operations = [migrations.RunPython(chain, migrations.RunPython.noop)]
