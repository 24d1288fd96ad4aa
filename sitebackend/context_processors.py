"""What every template is given."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from sitebackend.models import SiteSettings


def site_settings(request: HttpRequest) -> dict[str, Any]:
    """`site` in every template, read when first used."""
    return {"site": SimpleLazyObject(SiteSettings.current)}
