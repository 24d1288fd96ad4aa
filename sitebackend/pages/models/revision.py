"""Earlier versions of a page's text, so that nothing that was written is lost by a wrong click."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models.page import Page


class RevisionQuerySet(models.QuerySet["Revision"]):
    def of(self, page: Page) -> Self:
        """The newest first."""
        return self.filter(page_id=page.pk).order_by("-created_at")


class Revision(models.Model):
    """What a page said after it was saved. The newest one says what the page says now."""

    FIELDS = ("title", "navigation_title", "description", "body")
    KEPT = 50  #: versions per page; older ones go

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="revisions")
    created_at = models.DateTimeField(_("saved"), auto_now_add=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    content = models.JSONField()

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")

    def __str__(self) -> str:
        return str(self.created_at)
