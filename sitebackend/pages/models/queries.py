"""The questions that are asked of pages."""

import math
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from sitebackend.pages import search
from sitebackend.pages.models.choices import Status, Template

if TYPE_CHECKING:
    from sitebackend.pages.models.page import Page


class PageQuerySet(models.QuerySet["Page"]):
    def published(self, now: datetime | None = None) -> Self:
        """What a visitor may see at `now`."""
        return self.kept().filter(status=Status.PUBLISHED, published_at__lte=now or timezone.now())

    def scheduled(self, now: datetime | None = None) -> Self:
        """What a visitor may see at a time after `now`."""
        return self.kept().filter(status=Status.PUBLISHED, published_at__gt=now or timezone.now())

    def next_change(self) -> float:
        """When time alone will change what visitors see (epoch seconds): the next scheduled page."""
        first = self.scheduled().aggregate(first=models.Min("published_at"))["first"]
        return first.timestamp() if first else math.inf

    def kept(self) -> Self:
        return self.filter(trashed_at=None)

    def trashed(self) -> Self:
        return self.exclude(trashed_at=None)

    def matching(self, query: str, language: str) -> Self:
        """What a visitor may see and has every word of `query`, the best first."""
        return search.find(self.published(), query, language)

    def in_order_of(self, keys: list[uuid.UUID]) -> Self:
        places = [models.When(pk=key, then=place) for place, key in enumerate(keys)]
        found = self.filter(pk__in=keys)
        return found.order_by(models.Case(*places)) if places else found

    def posts(self) -> Self:
        """The newest first."""
        return self.filter(template=Template.POST).order_by("-published_at", "title")

    def in_menu(self, menu: str, language: str) -> Self:
        return self.published().filter(menu=menu, language=language).order_by("menu_order", "title")

    def below_an_overview(self, language: str) -> Self:
        """What the home page shows as cards. A page's language is that of the page above."""
        below = self.published().filter(parent__template=Template.OVERVIEW, parent__language=language)
        return below.order_by("parent__menu_order", "menu_order", "title")

    def below(self, page: "Page") -> Self:
        return self.filter(parent=page)
