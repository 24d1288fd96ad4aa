from django.db import migrations


def tell_again(apps, schema_editor):
    """The time was noted when the mail was queued, not when it was taken: suspects go by it from now on."""
    apps.get_model("contact", "Submission").objects.update(told_at=None)


class Migration(migrations.Migration):
    dependencies = [("contact", "0010_spam_learned")]

    operations = [migrations.RunPython(tell_again, migrations.RunPython.noop)]
