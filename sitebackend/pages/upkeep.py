"""What follows a saved or deleted page, whichever way it was saved: the search index keeps up."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from sitebackend.pages import search
from sitebackend.pages.models import Page


@receiver(post_save)
def index(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, Page):
        search.index(instance.pk, instance.title, instance.search_text)


@receiver(post_delete)
def forget(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, Page):
        search.forget(instance.pk)
