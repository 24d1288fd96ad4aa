"""`{% consent_banner %}`: the question about optional content, until it is answered."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import get_language

from consent import offer as offers
from consent.choice import choice_of

register = template.Library()


@register.inclusion_tag("consent/_banner.html", takes_context=True)
def consent_banner(context: Context) -> dict[str, Any]:
    """Nothing without a request: then an error page is being made, and the database may be what failed."""
    request = context.get("request")
    if request is None or not choice_of(request).asks:
        return {}
    offer = offers.current()
    return {
        "banner": offer.in_language(get_language())["banner"],
        "edition": offer.edition,
        "next": request.path,
    }
