"""Billing documents (S17): invoices, credit notes and statements, kept whatever is deleted besides.

What must never happen: a document is changed after it was filed, goes before the date until which the law
wants it, or goes with its customer. A correction is a new document. The file and the recipient's address as
it stood are sealed to the archive's key, never to the customer's, which is destroyed with the customer.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from customers.models.sealed import is_sealed
from customers.refusals import AppendOnly, Kept
from sitebackend.monitoring import clock


class Archive(models.Model):
    """The key that billing documents are sealed to; its private half is sealed to the vault."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    public_key = models.BinaryField()
    sealed_private_key = models.BinaryField()

    key_context = "archive-key"

    class Meta:
        verbose_name = _("archive of billing documents")
        verbose_name_plural = _("archive of billing documents")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_archive")]

    def __str__(self) -> str:
        return str(_("archive of billing documents"))


_SIGNS = {"EUR": "€"}


class BillingQuerySet(models.QuerySet["BillingDocument"]):
    def due(self, today: date) -> "BillingQuerySet":
        """Those that retention says must go now: every date has passed, nobody holds them."""
        return self.past(today).filter(legal_hold=False)

    def past(self, today: date) -> "BillingQuerySet":
        """Those whose every date has passed, whether somebody holds them or not."""
        return self.filter(_is_past(today))

    def restricted(self) -> "BillingQuerySet":
        """Those that outlived their customer: kept for the legal duty alone (Art. 17(3)(b) GDPR)."""
        return self.filter(customer=None)

    def led_to_by(self, digests: Collection[str]) -> "BillingQuerySet":
        """Those whose recipient said something with one of these digests, also when the customer is gone."""
        return self.filter(pk__in=RecipientDigest.objects.filter(digest__in=digests).values("document"))

    def keep_findable(self, digests: Mapping[str, Collection[str]]) -> None:
        """Add what the recipient of these documents is found by: statement → digests. What is there stays."""
        RecipientDigest.objects.bulk_create(
            [
                RecipientDigest(document_id=document, statement=statement, digest=digest)
                for document in self.values_list("pk", flat=True)
                for statement, found_by in digests.items()
                for digest in found_by
            ],
            ignore_conflicts=True,
        )

    def update(self, **values: Any) -> int:
        if set(values) - {"legal_hold", "hold_reason", "hold_ground", "released_on"}:
            raise AppendOnly(_("A filed document is never changed. File a correction as a new document."))
        return super().update(**values)

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise AppendOnly(_("A filed document is never changed. File a correction as a new document."))

    def delete(self) -> tuple[int, dict[str, int]]:
        kept = self.filter(~_is_past(timezone.localdate(clock.believed(timezone.now()))) | Q(legal_hold=True)).first()
        if kept is not None:
            raise Kept(kept.why_kept())
        return super().delete()

    def end_with_the_law(self, objected_on: date) -> int:
        """Their recipient objected (the first day counts): what the law asks for is kept, and no day longer."""
        return models.QuerySet.update(self.filter(objected_on=None), objected_on=objected_on)

    def erase_on_request(self, today: date) -> int:
        """Delete those that no law and no hold keeps: between the two dates the person's request wins."""
        _all, deleted = models.QuerySet.delete(self.filter(statutory_until__lt=today, legal_hold=False))
        return deleted.get(BillingDocument._meta.label, 0)


def _is_past(today: date) -> Q:
    """`ends_on` has passed: whoever objects or ends a hold after the law's time lets it go that night."""
    is_over = Q(kept_until__lt=today) | Q(objected_on__lt=today, statutory_until__lt=today)
    return is_over & (Q(released_on=None) | Q(released_on__lt=today))


class HoldGround(models.TextChoices):
    """What a document may be held for although somebody wants it erased."""

    TAX = "tax", _("the tax office still needs it (Art. 17(3)(b) GDPR, § 147(3) AO)")
    CLAIM = "claim", _("a dispute is open (Art. 17(3)(e) GDPR)")


class BillingDocument(models.Model):
    """One document as it was filed."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")
        STATEMENT = "statement", _("statement")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.INVOICE)
    number = models.CharField(_("number"), max_length=50)
    issued_on = models.DateField(_("date of the document"))
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, related_name="documents", verbose_name=_("customer")
    )
    sealed_recipient = models.BinaryField()
    sealed_file = models.BinaryField()
    statutory_until = models.DateField(_("kept by law until"), editable=False)
    kept_until = models.DateField(_("kept until"), editable=False, db_index=True)
    legal_hold = models.BooleanField(_("on hold"), default=False)
    hold_reason = models.CharField(_("reason of the hold"), max_length=300, blank=True)
    hold_ground = models.CharField(_("ground of the hold"), max_length=10, choices=HoldGround, blank=True)
    released_on = models.DateField(_("hold ended on"), null=True, editable=False)
    objected_on = models.DateField(_("recipient objected on"), null=True, editable=False)
    filed_at = models.DateTimeField(_("filed"), default=timezone.now, editable=False)

    objects = BillingQuerySet.as_manager()

    class Meta:
        verbose_name = _("billing document")
        verbose_name_plural = _("billing documents")
        permissions = [("open_billingdocument", _("Can open the file of a billing document"))]
        ordering = ["-issued_on", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "number"],
                name="one_billing_document_per_number",
                violation_error_message=_("A document of this kind with this number is filed already."),
            ),
            models.CheckConstraint(condition=Q(kept_until__gte=F("statutory_until")), name="kept_as_long_as_law_says"),
            models.CheckConstraint(condition=Q(legal_hold=False) | ~Q(hold_reason=""), name="hold_has_a_reason"),
            models.CheckConstraint(
                condition=is_sealed("sealed_file") & is_sealed("sealed_recipient"),
                name="billing_document_is_sealed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(_("A filed document is never changed. File a correction as a new document."))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if not self.is_due(timezone.localdate(clock.believed(timezone.now()))):
            raise Kept(self.why_kept())
        return super().delete(*args, **kwargs)

    def is_due(self, today: date) -> bool:
        return self.ends_on < today and not self.legal_hold

    @property
    def ends_on(self) -> date:
        """The last day on which it is kept, unless somebody holds it."""
        end = self.end_if_objected(self.objected_on) if self.objected_on else self.kept_until
        return max(end, self.released_on or end)

    def end_if_objected(self, day: date) -> date:
        """The last day if its recipient objects on this one to what goes beyond the law."""
        return min(max(self.statutory_until, day), self.kept_until)

    @property
    def shown_amount(self) -> str:
        """As a person writes it: 1.119,00 €."""
        amount = number_format(self.amount, 2, force_grouping=True)
        return f"{amount} {_SIGNS.get(self.currency, self.currency)}"

    def why_kept(self) -> str:
        if self.legal_hold:
            return str(_("On hold: {reason}")).format(reason=self.hold_reason)
        if self.objected_on:
            words = _("Kept by law until {until} (§ 147 AO, § 14b UStG), and no longer: an objection came on {day}.")
            return str(words).format(until=date_format(self.statutory_until), day=date_format(self.objected_on))
        return str(_("Kept by law until {statutory} (§ 147 AO, § 14b UStG), and as promised until {until}.")).format(
            statutory=date_format(self.statutory_until), until=date_format(self.kept_until)
        )

    def context(self, part: str) -> str:
        """What the seal of the file or of the recipient is bound to."""
        return f"billing-{part}|{self.pk}|{self.kind}|{self.number}|{self.issued_on.isoformat()}"


class RecipientDigest(models.Model):
    """What the recipient of a document is found by, also when the customer is gone: one keyed digest of one
    statement (telephone, e-mail address, name with postal code, customer number)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(BillingDocument, on_delete=models.CASCADE, related_name="found_by")
    statement = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("digest of a recipient")
        verbose_name_plural = _("digests of recipients")
        constraints = [models.UniqueConstraint(fields=["digest", "document"], name="one_digest_per_document")]

    def __str__(self) -> str:
        return str(self.pk)
