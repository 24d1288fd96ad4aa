"""`{% consent_banner %}`: the question about optional content, until it is answered."""

from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context

register = template.Library()


@register.inclusion_tag("consent/_banner.html", takes_context=True)
def consent_banner(context: Context) -> dict[str, Any]:
    request = context.get("request")
    return {"asks": request is not None and settings.COOKIE_CONSENT_NAME not in request.COOKIES}
