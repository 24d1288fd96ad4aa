"""What the operator must know of the cookie choice: a question about a provider of whom no page shows anything."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from consent import offer as offers
from sitebackend.findings import Finding, Level, report


@report
def unused_providers(now: datetime) -> Iterator[Finding]:
    """Only a remark: a template of the site may show what is in no text."""
    unused = [
        provider["name"]
        for provider in offers.current().providers(settings.LANGUAGE_CODE)
        if provider["hosts"] and not _is_shown(provider, now)
    ]
    if unused:
        yield Finding(
            area=_("Cookie choice"),
            level=Level.FINE,
            text=_("Visitors are asked about providers of whom no page shows anything: {names}").format(
                names=", ".join(unused)
            ),
            next_step=_("Delete the group of each that you do not need; then nobody is asked about it."),
            url=reverse("admin:consent_group_changelist"),
            code="consent.unused_providers",
            figure=len(unused),
        )


def _is_shown(provider: dict[str, Any], now: datetime) -> bool:
    """Pages are found by their name: neither app imports the other."""
    in_text = reduce(or_, (Q(body__contains=f"https://{host['host']}{host['path']}") for host in provider["hosts"]))
    shown: bool = apps.get_model("pages", "Page").objects.published(now).filter(in_text).exists()
    return shown
