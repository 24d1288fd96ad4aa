"""The cookie by which an operator's browser is known; the essential group's lifetime says so, unless it was rewritten."""

from django.db import migrations

from consent import starter

BEFORE = {"de": "Höchstens ein Tag", "en": "One day at most"}


def write(apps, schema_editor):
    starter.write(
        cookie_group=apps.get_model("cookie_consent", "CookieGroup"),
        cookie=apps.get_model("cookie_consent", "Cookie"),
        group_wording=apps.get_model("consent", "GroupWording"),
        banner_wording=apps.get_model("consent", "BannerWording"),
    )
    wordings = apps.get_model("consent", "GroupWording").objects.filter(group__varname="essential")
    for language, before in BEFORE.items():
        now = starter.GROUPS[0]["wordings"][language]["lifetime"]
        wordings.filter(language=language, lifetime=before).update(lifetime=now)


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_groups"), ("cookie_consent", "0004_cookie_natural_key")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
