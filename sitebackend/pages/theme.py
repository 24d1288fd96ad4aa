"""The one style sheet, in the colours that the operator has chosen.

With the colours it was written with it is the hashed static file. With others it is served from an address
that holds both colours and the file's own hash: the answer depends on nothing but its address and can be
kept for ever.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse

from sitebackend.models import ACCENT_COLOUR, BRAND_COLOUR, SiteSettings

_FILE = "css/site.css"


def url(site: SiteSettings) -> str:
    if (site.brand_colour, site.accent_colour) == (BRAND_COLOUR, ACCENT_COLOUR):
        return static(_FILE)
    colours = {"brand": site.brand_colour[1:], "accent": site.accent_colour[1:]}
    return reverse("theme", kwargs={"version": version(), **colours})


@lru_cache(maxsize=1)
def version() -> str:
    return hashlib.sha256(_original().encode()).hexdigest()[:12]


def style_sheet(brand: str, accent: str) -> str:
    """The style sheet with two six-digit hexadecimal colours in the place of its own."""
    own = _original().replace(f"--brand: {BRAND_COLOUR};", f"--brand: #{brand};")
    return own.replace(f"--accent: {ACCENT_COLOUR};", f"--accent: #{accent};")


@lru_cache(maxsize=1)
def _original() -> str:
    return Path(str(finders.find(_FILE))).read_text(encoding="utf-8")
