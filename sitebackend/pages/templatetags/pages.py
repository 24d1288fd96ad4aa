"""What templates of every app ask about pages: menus, a page's text by its path, the other language."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.urls import translate_url
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from sitebackend.models import SiteSettings
from sitebackend.pages import blocks, structured_data, theme
from sitebackend.pages.markup import sanitise
from sitebackend.pages.menu import nested
from sitebackend.pages.models import Page

register = template.Library()


@dataclass(frozen=True, slots=True)
class Version:
    """The present page in one language."""

    language: str
    name: str
    url: str


@register.simple_tag
def menu(place: str) -> list[Page]:
    """`{% menu "main" as items %}`: the published pages in that menu, in the visitor's language."""
    return list(Page.objects.in_menu(place, get_language() or settings.LANGUAGE_CODE))


@register.simple_tag
def nested_menu(place: str) -> list[tuple[Page, list[Page]]]:
    """`{% nested_menu "main" as entries %}`: the same pages, each on top with those that stand below it."""
    return nested(menu(place))


@register.simple_tag
def overview_cards() -> list[Page]:
    """`{% overview_cards as pages %}`: the pages that an overview page lists, for the home page."""
    return list(Page.objects.below_an_overview(get_language() or settings.LANGUAGE_CODE))


@register.simple_tag
def page_at(path: str) -> Page | None:
    """`{% page_at "kontakt" as page %}`: the published page that introduces another app's form."""
    return Page.objects.published().filter(language=get_language(), path=path).first()


@register.simple_tag(takes_context=True)
def other_languages(context: dict[str, Any]) -> list[Version]:
    """The same page in the other languages: a page's own translation, or another app's view under its path."""
    if page := context.get("page"):
        found = {version.language: version.get_absolute_url() for version in page.visible_translations()}
    elif (request := context.get("request")) and request.resolver_match and request.resolver_match.namespace != "pages":
        found = {code: translate_url(request.path, code) for code, _name in settings.LANGUAGES}
        found.pop(get_language() or settings.LANGUAGE_CODE)
    else:
        found = {}
    return [Version(code, name, found[code]) for code, name in settings.LANGUAGES if code in found]


@register.simple_tag
def site_url() -> str:
    """The site's own address, from the settings and never from the request."""
    return settings.SITE_URL


@register.simple_tag
def style_sheet(site: SiteSettings) -> str:
    """The address of the one style sheet."""
    return theme.url(site)


@register.simple_tag
def local_business(site: SiteSettings) -> SafeString:
    """A data block for search engines: browsers do not run it, so the policy has nothing against it."""
    block = json_script(structured_data.local_business(site))
    return mark_safe(block.replace("application/json", "application/ld+json", 1))  # noqa: S308 - json_script escapes


@register.filter
def is_below(path: str, page: Page) -> bool:
    """True if the request's path shows `page` or one below it."""
    url = page.get_absolute_url()
    return path == url or (bool(page.path) and path.startswith(url))


@register.filter
def body_html(page: Page) -> SafeString:
    """The page's text as HTML. It is cleaned on save; cleaning it here too lets no other way in count."""
    return mark_safe(blocks.let_tables_scroll(sanitise(page.body)))  # noqa: S308 - the line's own purpose


@register.simple_tag(takes_context=True)
def page_text(context: dict[str, Any], page: Page) -> SafeString:
    """`{% page_text page as text %}`: the page's text with its placeable parts filled in."""
    return mark_safe(blocks.fill(body_html(page), context))  # noqa: S308 - parts are our own templates'
