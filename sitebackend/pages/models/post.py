"""News: pages with a date and topics, below the page that lists them."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models.page import Page, slug_characters
from sitebackend.pages.models.queries import PageQuerySet


class Category(models.Model):
    """A topic that posts can be read by."""

    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    title = models.CharField(_("title"), max_length=60)
    slug = models.CharField(_("name in the address"), max_length=60, validators=[slug_characters])

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["language", "title"]
        constraints = [models.UniqueConstraint(fields=["language", "slug"], name="one_topic_per_address")]

    def __str__(self) -> str:
        return self.title


class PostManager(models.Manager["Post"]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return PageQuerySet(self.model, using=self._db).posts()


class Post(Page):
    """A page of the layout “post”. Without a place of its own it goes below its language's list of posts."""

    objects = PostManager()  # type: ignore[misc, assignment] # fewer rows than a page's own

    class Meta:
        proxy = True
        verbose_name = _("post")
        verbose_name_plural = _("posts")

    def clean(self) -> None:
        self._take_its_place()
        if self.parent is None:
            raise ValidationError(_("There is no page with the layout “list of posts” in this language yet."))
        super().clean()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._take_its_place()
        super().save(*args, **kwargs)

    def _take_its_place(self) -> None:
        self.template = self.Template.POST
        lists = Page.objects.kept().filter(template=self.Template.POSTS, language=self.language)
        self.parent = lists.order_by("created_at").first()
