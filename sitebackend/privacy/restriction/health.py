"""What a restore brought back although it had been corrected."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.findings import Finding, Level, report
from sitebackend.privacy.restriction.models import Restriction


@report
def brought_back(now: datetime) -> Iterator[Finding]:
    count = Restriction.objects.restored().count()
    if count:
        words = ngettext(
            "{n} record came out of a backup as it was before its correction, and cannot be used.",
            "{n} records came out of a backup as they were before their correction, and cannot be used.",
            count,
        )
        yield Finding(
            area=_("Restrictions"),
            level=Level.WARNING,
            text=words.format(n=count),
            next_step=_("Correct them once more; the list of restrictions leads to them. Then lift the restriction."),
            url=reverse("admin:restriction_restriction_changelist"),
            code="restriction.restored",
            figure=count,
        )
