"""What follows a saved or deleted page, whichever way it was saved: the index and the files keep up."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from sitebackend.pages import search, services
from sitebackend.pages.models import Image, Page


@receiver(post_save)
def index(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, Page):
        search.index(instance.pk, instance.title, instance.search_text)


@receiver(post_delete)
def forget(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, Page):
        search.forget(instance.pk)
    if isinstance(instance, Image):
        transaction.on_commit(partial(services.remove_files, instance.files()))
