"""The newest posts as an Atom feed (RFC 4287), one for each language."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language

from sitebackend.models import SiteSettings
from sitebackend.pages.models import Page

if TYPE_CHECKING:
    _Feed = Feed[Page, SiteSettings]
else:
    _Feed = Feed
NEWEST = 20


class NewsFeed(_Feed):
    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> SiteSettings:
        return SiteSettings.current()

    def title(self, obj: SiteSettings) -> str:
        return obj.business_name

    def subtitle(self, obj: SiteSettings) -> str:
        return obj.claim

    def link(self, obj: SiteSettings) -> str:
        return f"{settings.SITE_URL}/"

    def feed_url(self, obj: SiteSettings) -> str:
        prefix = "" if get_language() == settings.LANGUAGE_CODE else f"/{get_language()}"
        return f"{settings.SITE_URL}{prefix}/feed/"

    def items(self, obj: SiteSettings) -> Iterable[Page]:
        return Page.objects.published().posts().filter(language=get_language())[:NEWEST]

    def item_title(self, item: Page) -> str:
        return item.title

    def item_description(self, item: Page) -> str:
        return item.description

    def item_link(self, item: Page) -> str:
        return settings.SITE_URL + item.get_absolute_url()

    def item_guid(self, item: Page) -> str:
        return f"urn:uuid:{item.pk}"

    def item_pubdate(self, item: Page) -> datetime | None:
        return item.published_at

    def item_updateddate(self, item: Page) -> datetime:
        return item.updated_at
