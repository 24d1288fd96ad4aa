"""What follows a saved or deleted page, whichever way it was saved: the index and the files keep up."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver

from sitebackend.models import SiteSettings
from sitebackend.pages import search, services, version
from sitebackend.pages.models import Download, Image, Page

SHOWN_APPS = {"pages", "consent", "cookie_consent"}
UNSEEN = {"pages.deadlink", "pages.revision", "pages.siteversion", "consent.edition", "consent.dailycount"}


@receiver(post_save)
def index(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, Page):
        search.index(instance.pk, instance.title, instance.search_text)


@receiver(post_save)
@receiver(post_delete)
@receiver(m2m_changed)
def renew(sender: Any, **kwargs: Any) -> None:
    """What visitors see may have changed. Rows that they never see, and reading, change nothing."""
    is_migrating = sender.__module__ == "__fake__"  # then the version's own table may not exist yet
    is_shown = sender is SiteSettings or (
        sender._meta.app_label in SHOWN_APPS and sender._meta.label_lower not in UNSEEN
    )
    if is_shown and not is_migrating:
        version.renew()


@receiver(post_delete)
def forget(sender: type, instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, Page):
        search.forget(instance.pk)
    if isinstance(instance, Image):
        transaction.on_commit(partial(services.remove_files, instance.files()))
    if isinstance(instance, Download):
        transaction.on_commit(partial(services.remove_files, [instance.file]))
