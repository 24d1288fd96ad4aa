"""Technical records (S14): what helps quickly in an urgent case, sealed to the customer's own key.

The gate is the schema: a record has no customer column, only a NOT NULL reference to the grant, which exists
while the written consent is in force. Nothing of the content stays in the clear but kind, revision and times.
"""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.consent import NO_GRANT, Grant
from customers.models.sealed import is_sealed
from customers.refusals import NoConsent

if TYPE_CHECKING:
    from customers.models.customer import Customer


class Kind(models.TextChoices):
    NETWORK = "network", _("network")
    NETWORK_ELEMENT = "network_element", _("active network element")
    DEVICE = "device", _("device")
    SERVICE = "service", _("service")
    CREDENTIAL = "credential", _("access data")


class TechnicalRecordQuerySet(models.QuerySet["TechnicalRecord"]):
    def of_customer(self, customer: "Customer") -> "TechnicalRecordQuerySet":
        """With what opening them needs: the customer's keys and the attachments' number."""
        found = self.filter(grant__customer=customer).select_related("grant__customer")
        return found.prefetch_related(models.Prefetch("attachments", Attachment.objects.defer("sealed")))

    def bulk_create(self, objs: Iterable["TechnicalRecord"], *args: Any, **kwargs: Any) -> list["TechnicalRecord"]:
        records = list(objs)
        require_grants({record.grant_id for record in records})
        return super().bulk_create(records, *args, **kwargs)

    def update(self, **values: Any) -> int:
        if {"grant", "grant_id", "id", "pk"} & set(values):
            raise NoConsent(_("A technical record never moves to another grant."))
        return super().update(**values)


class TechnicalRecord(models.Model):
    """One network, device, service or set of access data of a customer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="records")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = TechnicalRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("technical record")
        verbose_name_plural = _("technical data")
        ordering = ["kind", "created_at"]
        constraints = [models.CheckConstraint(condition=is_sealed("sealed"), name="technical_record_is_sealed")]

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        require_grants({self.grant_id})
        super().save(*args, **kwargs)

    @property
    def context(self) -> str:
        """What the seal is bound to: moved to another customer, kind or revision it does not open."""
        return record_context(self.pk, self.grant.customer_id, self.kind, self.revision)


class Attachment(models.Model):
    """A file of a technical record, a configuration dump for example, sealed with its name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(TechnicalRecord, on_delete=models.CASCADE, related_name="attachments")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(condition=is_sealed("sealed"), name="attachment_is_sealed")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        return f"attachment|{self.pk}|{self.record_id}|{self.record.grant.customer_id}"


def record_context(key: uuid.UUID, customer: uuid.UUID, kind: str, revision: int) -> str:
    return f"technical-record|{key}|{customer}|{kind}|{revision}"


def require_grants(ids: set[uuid.UUID]) -> None:
    """Raise NoConsent unless every one of these grants is there; the schema would say it at commit."""
    if Grant.objects.filter(pk__in=ids).count() != len(ids):
        raise NoConsent(NO_GRANT)
