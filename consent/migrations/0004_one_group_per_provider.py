"""Consent is per provider: hosts of several in one group get a group each, and the group of everything ends.

A cookie that agreed to the group of everything agreed to no provider by name, so it counts as no choice: the edition
is another one. Editions and counts stay as they were; they say what was asked then.
"""

import django.core.validators
from django.conf import settings
from django.db import migrations, models
from django.utils.text import slugify

from consent import providers
from consent.choice import RESERVED

EVERYTHING = "external"
OWN = "*"  # stood for the cookies of whichever provider; what a provider may do stands in its purpose
PURPOSE_BEFORE = {"de": "Zeigt Karten, Videos und Ähnliches", "en": "Shows maps, videos and the like"}


def split(apps, schema_editor):
    group_model = apps.get_model("cookie_consent", "CookieGroup")
    host_model = apps.get_model("consent", "ExternalHost")
    apps.get_model("cookie_consent", "Cookie").objects.filter(name=OWN).delete()
    for group in group_model.objects.filter(is_required=False).order_by("ordering", "pk"):
        of_provider = {}
        for host in host_model.objects.filter(group=group).order_by("pk"):
            known = providers.by_host(host.host)
            if known:
                host.path = known.hosts[host.host]
                host.save()
            of_provider.setdefault(known.varname if known else host.provider.strip(), []).append(host)
        if len(of_provider) > 1 or (of_provider and group.varname == EVERYTHING):
            for hosts in of_provider.values():
                give_own_group(apps, group, hosts)
            group.delete()
        elif not of_provider and group.varname == EVERYTHING and not own_cookies(apps, group):
            group.delete()


def give_own_group(apps, before, hosts):
    group_model, cookie_model = (apps.get_model("cookie_consent", name) for name in ("CookieGroup", "Cookie"))
    known = providers.by_host(hosts[0].host)
    name = known.name if known else hosts[0].provider.split(",")[0].strip()[:100]
    taken = set(group_model.objects.values_list("varname", flat=True)) | RESERVED | {EVERYTHING}
    group = group_model.objects.create(
        varname=providers.free_varname(known.varname if known else slugify(name) or "provider", taken=taken),
        name=name,
        is_required=False,
        ordering=before.ordering,
    )
    for cookie in own_cookies(apps, before):
        cookie_model.objects.create(
            cookiegroup=group, name=cookie.name, description=cookie.description, path=cookie.path, domain=cookie.domain
        )
    write_wordings(apps, before, group, known, hosts[0].provider)
    apps.get_model("consent", "ExternalHost").objects.filter(pk__in=[host.pk for host in hosts]).update(group=group)


def own_cookies(apps, group):
    return list(apps.get_model("cookie_consent", "Cookie").objects.filter(cookiegroup=group).order_by("pk"))


def write_wordings(apps, before, group, known, company):
    """What the operator wrote about purpose and lifetime stays; the words of the start become those of the provider."""
    wordings = apps.get_model("consent", "GroupWording").objects
    for language, _name in settings.LANGUAGES:
        own = wordings.filter(group=before, language=language).first()
        words = providers.words(language, name=group.name, company=company, known=known)
        if own and not own.purpose.startswith(PURPOSE_BEFORE[language]):
            words |= {"purpose": own.purpose, "lifetime": own.lifetime}
        wordings.create(group=group, language=language, **words)


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_admin_device"), ("cookie_consent", "0004_cookie_natural_key")]

    operations = [
        migrations.AddField(
            model_name="externalhost",
            name="path",
            field=models.CharField(
                blank=True,
                default="",
                help_text=(
                    "How the addresses begin that can be shown inside a page, as in /embed/. A link to any other "
                    "address of this host stays a link. Empty: every address can be shown."
                ),
                max_length=200,
                validators=[
                    django.core.validators.RegexValidator("^/[^\\s?#]*$", "Enter the beginning of a path as in /embed/.")
                ],
                verbose_name="what can be shown",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(split, migrations.RunPython.noop),
    ]
