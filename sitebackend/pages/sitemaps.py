"""The sitemap: every page a visitor may see, with its other language (sitemaps.org, hreflang as xhtml:link)."""

from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap

from sitebackend.pages.models import Page, PageQuerySet

if TYPE_CHECKING:
    _Sitemap = Sitemap[Page]
else:
    _Sitemap = Sitemap


class PageSitemap(_Sitemap):
    limit = 50_000  # what one file may hold; there is no second one

    def items(self) -> PageQuerySet:
        return Page.objects.published().select_related("translation_of", "translation").order_by("language", "path")

    def location(self, item: Page) -> str:
        return item.get_absolute_url()

    def lastmod(self, item: Page) -> datetime:
        return item.updated_at

    def get_urls(self, page: int | str = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        """The site's own address comes from the settings, never from the request's Host header."""
        scheme, host = urlsplit(settings.SITE_URL)[:2]
        own_site: Any = SimpleNamespace(domain=host)
        urls = super().get_urls(page=page, site=own_site, protocol=scheme)
        for url in urls:
            url["alternates"] = list(_alternates(url["item"]))
        return urls


def _alternates(page: Page) -> Iterable[dict[str, str]]:
    other = page.translation_of or getattr(page, "translation", None)
    if other and other.is_visible:
        for version in (page, other):
            yield {"lang_code": version.language, "location": settings.SITE_URL + version.get_absolute_url()}
