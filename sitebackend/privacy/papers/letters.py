"""Letters about a breach that fill themselves from settings and register; what is not known yet, they say so.

To the authority with all of Art. 33(3) GDPR, in phases if need be (Art. 33(4)); to the persons in plain words
with what Art. 34(2) asks for. The operator reads them, completes them and sends them.
"""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from sitebackend.models import SiteSettings
from sitebackend.privacy.papers.models import Breach

TITLES = {"authority": _("Report to the supervisory authority"), "persons": _("Letter to the persons concerned")}


def letter(breach: Breach, to: str) -> str:
    """Plain text, in the site's language; `to`: "authority" or "persons". Raises KeyError for another."""
    with translation.override(settings.LANGUAGE_CODE):
        return render_to_string(_TEMPLATES[to], _facts(breach)).strip() + "\n"


def _facts(breach: Breach) -> dict[str, Any]:
    today = timezone.localdate()
    return {"breach": breach, "account": breach.account, "site": SiteSettings.current(), "today": today}


_TEMPLATES = {"authority": "papers/letters/authority.txt", "persons": "papers/letters/persons.txt"}
