"""The groups that every site starts with: essential, and external content."""

from django.db import migrations

from consent import starter


def write(apps, schema_editor):
    starter.write(
        cookie_group=apps.get_model("cookie_consent", "CookieGroup"),
        cookie=apps.get_model("cookie_consent", "Cookie"),
        group_wording=apps.get_model("consent", "GroupWording"),
        banner_wording=apps.get_model("consent", "BannerWording"),
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial"), ("cookie_consent", "0004_cookie_natural_key")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
