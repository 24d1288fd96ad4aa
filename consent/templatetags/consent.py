"""`{% consent_banner %}` asks about optional content; `{% external %}` and `{% with_external %}` hold it back."""

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from consent import offer as offers
from consent.choice import choice_of
from consent.external import External, allow, allow_content, pieces, sources_of

register = template.Library()


class BannerNode(template.Node):
    """The banner in front of the page, which is rendered first: only then it is known what the page shows."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        page = self.nodelist.render(context)
        return SafeString(_banner(context) + page)


@register.tag
def consent_banner(parser: template.base.Parser, token: template.base.Token) -> BannerNode:
    """`{% consent_banner %}…{% endconsent_banner %}` around the page."""
    nodelist = parser.parse(("endconsent_banner",))
    parser.delete_first_token()
    return BannerNode(nodelist)


def _banner(context: Context) -> str:
    """Nothing without a request: then an error page is being made, and the database may be what failed."""
    request = context.get("request")
    if request is None or context.get("asks_itself") or not choice_of(request).asks:
        return ""
    if settings.COOKIE_BANNER == "needed" and not sources_of(request):
        return ""
    offer = offers.current()
    banner = offer.in_language(get_language())["banner"]
    return render_to_string("consent/_banner.html", {"banner": banner, "edition": offer.edition, "next": request.path})


@register.simple_tag(takes_context=True)
def external(context: Context, url: str, title: str, kind: str = "frame") -> SafeString:
    """`{% external "https://…" title="How to find us" %}`: a map, video, image or style sheet of another host."""
    return show(context["request"], External(url, title, kind))


@register.simple_tag(takes_context=True)
def with_external(context: Context, markup: SafeString) -> SafeString:
    """Sanitised `markup`, where a link that is a paragraph by itself and leads to an agreed host is shown in place."""
    shown = [part if isinstance(part, str) else _in_place(context["request"], part) for part in pieces(markup)]
    return mark_safe("".join(shown))  # noqa: S308 - the parts are the given safe markup and our own template's


def show(request: HttpRequest, content: External) -> SafeString:
    """The content for who agreed to its host, else the placeholder; a plain link if nobody can agree to it."""
    offer = offers.current()
    group = offer.group_of(content.host) if content.is_allowed else None
    is_loaded = group in choice_of(request).accepted
    if is_loaded:
        allow_content(request, content)
    elif group:
        allow(request, "frame-src", "'self'")
    words = offer.in_language(get_language())
    return render_to_string(
        "consent/_content.html" if is_loaded else "consent/_placeholder.html",
        {
            "content": content,
            "group": group,
            "host": offer.host(content.host),
            "words": words["placeholder"],
            "edition": offer.edition,
            "next": request.path,
        },
    )


def _in_place(request: HttpRequest, content: External) -> str:
    if content.is_allowed and offers.current().group_of(content.host):
        return show(request, content)
    return render_to_string("consent/_link.html", {"content": content})
