"""A page's texts: earlier ones, so that nothing is lost by a wrong click, and one that is still being written.

What must never happen: visitors see a text that waits. So it lies here, never in the page's own row, and only
`lay_over` puts it into a page in memory: for the editor and for the preview.
"""

import uuid
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models.image import Image
from sitebackend.pages.models.page import Page


class RevisionQuerySet(models.QuerySet["Revision"]):
    def of(self, page: Page) -> Self:
        """What the page said and says; the newest first."""
        return self.filter(page_id=page.pk, is_waiting=False).order_by("-created_at")

    def waiting_for(self, page: Page) -> "Revision | None":
        """The text that is to replace the page's own one day."""
        return self.filter(page_id=page.pk, is_waiting=True).first()

    def due(self, now: datetime) -> Self:
        """Texts whose time to be seen has come, on pages that visitors see."""
        return self.filter(page__in=Page.objects.published(now), is_waiting=True, publish_at__lte=now)


class Revision(models.Model):
    """What a page said after it was saved; the newest says what it says now. Or, waiting, what it is to say next."""

    FIELDS = ("title", "navigation_title", "description", "body", "picture")
    KEPT = 50  #: versions per page; older ones go

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="revisions")
    created_at = models.DateTimeField(_("saved"), auto_now_add=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    content = models.JSONField()
    is_waiting = models.BooleanField(default=False)
    publish_at = models.DateTimeField(null=True)  #: of one that waits: when it is published by itself

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [
            models.UniqueConstraint(fields=["page"], condition=Q(is_waiting=True), name="one_waiting_text_per_page"),
            models.CheckConstraint(
                condition=Q(publish_at=None) | Q(is_waiting=True), name="only_a_waiting_text_is_published_later"
            ),
        ]

    def __str__(self) -> str:
        return str(self.created_at)

    @staticmethod
    def content_of(page: Page) -> dict[str, Any]:
        """What `page` says, as it is kept here."""
        texts = {name: getattr(page, name) for name in Revision.FIELDS if name != "picture"}
        return texts | {"picture": page.picture_id and str(page.picture_id)}

    def lay_over(self, page: Page) -> None:
        """Let `page` say this, in memory. A picture that has been deleted since is left out."""
        for name in self.FIELDS:
            if name != "picture":
                setattr(page, name, self.content[name])
        picture = self.content.get("picture")
        page.picture = Image.objects.filter(pk=UUID(picture)).first() if picture else None
