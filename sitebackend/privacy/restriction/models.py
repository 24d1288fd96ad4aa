"""Rows that are kept and not used (Art. 18 GDPR).

What must never happen: a restricted row is mailed, shown, exported or changed, or a restore makes it usable
again. So the restriction does not lie in the row, where a restored backup would undo it, but here and in the
erasure journal; and every room leaves restricted rows out of what it uses:

    Customer.objects.exclude(pk__in=Restriction.objects.rows())
"""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    ASKED = "asked", _("asked for by the person")
    RESTORED = "restored", _("a restore brought values back that had been corrected")


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def rows(self) -> Any:
        """The keys of the restricted rows, for `exclude(pk__in=…)`."""
        return self.values("row")

    def on(self, rows: Collection[UUID]) -> Self:
        return self.filter(row__in=rows)

    def asked(self) -> Self:
        return self.filter(reason=Reason.ASKED)

    def restored(self) -> Self:
        return self.filter(reason=Reason.RESTORED)


class Restriction(models.Model):
    """One restricted row; `holding` is the name of its source in the registry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    row = models.UUIDField(editable=False)
    holding = models.CharField(_("holding"), max_length=100, editable=False)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason, default=Reason.ASKED, editable=False)
    since = models.DateTimeField(_("restricted since"), editable=False)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        ordering = ["-since"]
        constraints = [models.UniqueConstraint(fields=["row", "reason"], name="one_restriction_per_row_and_reason")]

    def __str__(self) -> str:
        return str(self.pk)


def since(row: UUID) -> datetime | None:
    """Since when the row is restricted; None: it may be used."""
    return Restriction.objects.filter(row=row).values_list("since", flat=True).first()
