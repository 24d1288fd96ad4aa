"""The three roles. Who could do everything before is in *Betrieb* now; other accounts get their role by hand."""

from django.db import migrations

NAMES = ("Betrieb", "Redaktion", "Büro")


def make_roles(apps, schema_editor):
    groups = {name: apps.get_model("auth", "Group").objects.get_or_create(name=name)[0] for name in NAMES}
    for operator in apps.get_model("sitebackend", "Operator").objects.filter(is_superuser=True):
        operator.groups.add(groups["Betrieb"])


class Migration(migrations.Migration):
    dependencies = [
        ("sitebackend", "0007_exported_for_invoicing"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
