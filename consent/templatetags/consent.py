"""`{% consent_banner %}` asks about optional content; `{% external %}` and `{% with_external %}` hold it back."""

import json
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from consent import offer as offers
from consent.choice import choice_of
from consent.external import External, allow, allow_content, pieces, shows
from consent.own_cookies import hours
from consent.providers import PROVIDERS

register = template.Library()


@register.simple_tag(takes_context=True)
def consent_banner(context: Context) -> str:
    """Nothing without a request: then an error page is being made, and the database may be what failed."""
    request = context.get("request")
    if request is None or context.get("asks_itself") or not choice_of(request).asks:
        return ""
    offer = offers.current()
    return render_to_string(
        "consent/_banner.html",
        {
            "banner": offer.in_language(get_language())["banner"],
            "providers": offer.providers(get_language()),
            "edition": offer.edition,
            "lifetime": hours(settings.COOKIE_CONSENT_MAX_AGE),
            "next": request.path,
        },
    )


@register.simple_tag(takes_context=True)
def external(context: Context, url: str, title: str, kind: str = "frame") -> SafeString:
    """`{% external "https://…" title="How to find us" %}`: a map, video, image or style sheet of another host."""
    return show(context["request"], External(url, title, kind))


@register.simple_tag(takes_context=True)
def with_external(context: Context, markup: SafeString) -> SafeString:
    """Sanitised `markup`, where a link that is a paragraph by itself and leads to an agreed host is shown in place."""
    shown = [part if isinstance(part, str) else show(context["request"], part) for part in pieces(markup)]
    return mark_safe("".join(shown))  # noqa: S308 - the parts are the given safe markup and our own template's


@register.simple_tag(takes_context=True)
def known_providers(context: Context) -> str:
    """What the text editor has to know of providers, as JSON: which address belongs to whom, and who is asked about."""
    may_add = context["request"].user.has_perm("consent.add_group")
    offer, language = offers.current(), get_language()
    agreed = [
        {"name": provider["name"], "host": host["host"], "path": host["path"], "isAgreed": True}
        for provider in offer.providers(language)
        for host in provider["hosts"]
    ]
    known = [
        {"name": provider.name, "host": host, "path": path, "varname": provider.varname, "mayAdd": may_add}
        for provider in PROVIDERS
        for host, path in provider.hosts.items()
    ]
    return json.dumps(agreed + known)


@register.simple_tag
def split_external(markup: SafeString) -> dict[str, SafeString]:
    """Sanitised `markup` as `text` and, for another place of the page, the `external` contents among it."""
    parts = list(pieces(markup))
    is_shown = [isinstance(part, External) and provider_of(part) is not None for part in parts]
    words = [str(part) if isinstance(part, str) else _link(part) for part in parts]
    return {
        "text": mark_safe("".join(word for word, there in zip(words, is_shown, strict=True) if not there)),  # noqa: S308
        "external": mark_safe("".join(word for word, there in zip(words, is_shown, strict=True) if there)),  # noqa: S308
    }


def provider_of(content: External) -> dict[str, Any] | None:
    """The provider that has to be agreed to, as it is told in the active language."""
    return offers.current().provider_of(content.url, get_language()) if content.is_allowed else None


def show(request: HttpRequest, content: External) -> SafeString:
    """The content for who agreed to its provider, else the placeholder; a plain link if nobody can agree to it."""
    provider = provider_of(content)
    if provider is None:
        return _link(content)
    shows(request, provider["varname"])
    if provider["varname"] in choice_of(request).accepted:
        allow_content(request, content)
        return render_to_string("consent/_content.html", {"content": content})
    allow(request, "frame-src", "'self'")
    offer = offers.current()
    return render_to_string(
        "consent/_placeholder.html",
        {
            "content": content,
            "provider": provider,
            "host": next(host for host in provider["hosts"] if host["host"] == content.host),
            "words": offer.in_language(get_language())["placeholder"],
            "edition": offer.edition,
            "lifetime": hours(settings.COOKIE_CONSENT_MAX_AGE),
            "next": request.path,
        },
    )


def _link(content: External) -> SafeString:
    return render_to_string("consent/_link.html", {"content": content})
