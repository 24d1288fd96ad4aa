"""Lines of the history that said “changed” without what: Django cannot show them, nor can a copy tell them."""

import json

from django.db import migrations


def name_what_changed(apps, schema_editor):
    line = apps.get_model("admin", "LogEntry")
    for entry in line.objects.filter(change_message__startswith="[", change_message__contains='"changed"'):
        parts = json.loads(entry.change_message)
        unnamed = [part["changed"] for part in parts if "fields" not in part.get("changed", {"fields": []})]
        for changed in unnamed:
            changed["fields"] = [changed.pop("name", "–")]
            changed.pop("object", None)
        if unnamed:
            entry.change_message = json.dumps(parts)
            entry.save(update_fields=["change_message"])


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0013_kept_after_a_long_silence"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [migrations.RunPython(name_what_changed, migrations.RunPython.noop)]
