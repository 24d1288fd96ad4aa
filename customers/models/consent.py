"""Who agreed to what, when, how, to which wording: an append-only ledger, its proofs, and the live grant.

What must never happen: an entry is changed after the fact, or a technical record exists without a written
consent in force. The ledger refuses every change; a grant (the only thing a technical record can hang on)
needs an entry and its evidence, and goes with everything on it when the consent is withdrawn.
"""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.ledger import LedgerLink, chain_on, new_salt
from customers.models.sealed import is_sealed
from customers.refusals import AppendOnly, NoConsent

if TYPE_CHECKING:
    from customers.models.customer import Customer


NO_GRANT = _("Technical data need the customer's written consent, in force and with its evidence.")


class Purpose(models.TextChoices):
    """What S13 and S14 ask consent for."""

    CONTRACT = "contract", _("performing the contract")
    RETENTION = "retention", _("customer retention")
    INVOICING = "invoicing", _("invoicing")
    TECHNICAL = "technical", _("technical data")


class Decision(models.TextChoices):
    GIVEN = "given", _("given")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class LegalBasis(models.TextChoices):
    CONSENT = "consent", _("consent (Art. 6(1)(a) GDPR)")
    CONTRACT = "contract", _("contract (Art. 6(1)(b) GDPR)")


class Form(models.TextChoices):
    ORAL = "oral", _("by word of mouth")
    WRITTEN = "written", _("in writing")
    WEB = "web", _("on the website")


class Channel(models.TextChoices):
    """How it reached the operator; the last two say what the program itself entered."""

    MEETING = "meeting", _("in person")
    PHONE = "phone", _("by telephone")
    MAIL = "mail", _("by e-mail")
    LETTER = "letter", _("by letter")
    WEBSITE = "website", _("on the website")
    ERASURE = "erasure", _("with an erasure")
    RESTORE = "restore", _("carried out again after a restore")


#: the ways that a person can have used, and the operator chooses from
PERSONAL_CHANNELS = [channel for channel in Channel.choices if channel[0] not in (Channel.ERASURE, Channel.RESTORE)]


class WordingQuerySet(models.QuerySet["Wording"]):
    def current(self, purpose: str, on: date) -> "Wording":
        """The text in force for a purpose on a day. Raises Wording.DoesNotExist before the first."""
        return self.filter(purpose=purpose, valid_from__lte=on).order_by("valid_from", "version").reverse()[:1].get()


class Wording(models.Model):
    """One version of the text that people agree to. Once somebody has, it does not change any more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    version = models.PositiveSmallIntegerField(_("version"))
    valid_from = models.DateField(_("valid from"), default=timezone.localdate)
    text = models.TextField(_("text"), help_text=_("What you read out, or what stands on the form to be signed."))

    objects = WordingQuerySet.as_manager()

    class Meta:
        verbose_name = _("wording of a consent")
        verbose_name_plural = _("wordings of consents")
        ordering = ["purpose", "-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="one_wording_per_version")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {_('version')} {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and self.is_in_use():
            raise AppendOnly(_("Somebody has agreed to this wording. Write a new version instead."))
        super().save(*args, **kwargs)

    def is_in_use(self) -> bool:
        return self.entries.exists()


class Evidence(models.Model):
    """A file that proves a written consent, sealed with its name and digest to the customer's own key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="evidence")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [models.CheckConstraint(condition=is_sealed("sealed"), name="evidence_is_sealed")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """What the seal is bound to."""
        return f"evidence|{self.pk}|{self.customer_id}"


class ConsentQuerySet(models.QuerySet["ConsentEntry"]):
    def newest_first(self) -> "ConsentQuerySet":
        return self.order_by("-given_at", "-recorded_at")

    def latest_by_purpose(self) -> dict[str, "ConsentEntry"]:
        """Of one customer's entries: the last word on each purpose."""
        return {entry.purpose: entry for entry in self.order_by("given_at", "recorded_at")}

    def last_words(self) -> "ConsentQuerySet":
        """Those that nothing later was said after, by the same customer on the same purpose."""
        later = Q(given_at__gt=OuterRef("given_at"))
        later |= Q(given_at=OuterRef("given_at"), recorded_at__gt=OuterRef("recorded_at"))
        said_since = ConsentEntry.objects.filter(later, customer=OuterRef("customer"), purpose=OuterRef("purpose"))
        return self.filter(~Exists(said_since))

    def unconfirmed(self) -> "ConsentQuerySet":
        """Consents in force by word of mouth, not yet confirmed in writing: valid, and hard to prove (Art. 7(1) GDPR).

        What rests on the contract is no consent, and what was said anew or withdrawn is confirmed by nobody.
        """
        oral = self.filter(form=Form.ORAL, decision=Decision.GIVEN, legal_basis=LegalBasis.CONSENT, confirmation=None)
        return oral.last_words()

    def bulk_create(self, objs: Iterable["ConsentEntry"], *args: Any, **kwargs: Any) -> list["ConsentEntry"]:
        entries = list(objs)
        with transaction.atomic():
            chain_on(entries)
            return super().bulk_create(entries, *args, **kwargs)

    def update(self, **values: Any) -> int:
        raise AppendOnly(_("Entries of the consent ledger are never changed."))

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly(_("Entries of the consent ledger go with their customer only."))

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise AppendOnly(_("Entries of the consent ledger are never changed."))


class ConsentEntry(models.Model):
    """One line of the ledger. A withdrawal is a line of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="entries")
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    decision = models.CharField(_("decision"), max_length=20, choices=Decision)
    legal_basis = models.CharField(_("legal basis"), max_length=20, choices=LegalBasis, default=LegalBasis.CONSENT)
    form = models.CharField(_("form"), max_length=20, choices=Form)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    wording = models.ForeignKey(
        Wording, on_delete=models.PROTECT, null=True, related_name="entries", verbose_name=_("wording")
    )  #: None: nobody was asked to agree, the data rest on the contract
    given_at = models.DateTimeField(_("given on"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    evidence = models.ForeignKey(
        Evidence, on_delete=models.RESTRICT, null=True, blank=True, related_name="entries", verbose_name=_("evidence")
    )

    link = models.OneToOneField(LedgerLink, on_delete=models.PROTECT, null=True, editable=False, related_name="entry")
    salt = models.CharField(max_length=32, default=new_salt, editable=False)  #: goes with the entry, see `ledger`

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at", "-recorded_at"]
        indexes = [models.Index(fields=["customer", "purpose", "given_at"], name="consents_of_a_customer")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(purpose=Purpose.TECHNICAL, decision=Decision.GIVEN)
                | Q(form=Form.WRITTEN, evidence__isnull=False),
                name="technical_consent_is_written_with_evidence",
            ),
            models.CheckConstraint(
                condition=Q(legal_basis=LegalBasis.CONSENT) | Q(purpose__in=[Purpose.CONTRACT, Purpose.INVOICING]),
                name="contract_is_basis_for_contract_and_invoicing_only",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(_("Entries of the consent ledger are never changed."))
        with transaction.atomic():
            chain_on([self])
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly(_("Entries of the consent ledger go with their customer only."))

    @property
    def rests_on_contract(self) -> bool:
        """Whether nobody had to agree: nothing was read out, nothing can be withdrawn."""
        return self.legal_basis == LegalBasis.CONTRACT

    @property
    def words(self) -> str:
        """What the customer agreed to; empty where nobody was asked to agree."""
        return self.wording.text if self.wording and not self.rests_on_contract else ""

    def is_basis_of(self, customer: "Customer", purpose: str) -> bool:
        return (self.customer_id, self.purpose, self.decision) == (customer.pk, purpose, Decision.GIVEN)


class Confirmation(models.Model):
    """That an oral statement was confirmed in writing to the person: how and when."""

    class Means(models.TextChoices):
        MAIL = "mail", _("by e-mail")
        LETTER = "letter", _("by letter")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.OneToOneField(ConsentEntry, on_delete=models.CASCADE, related_name="confirmation")
    means = models.CharField(_("sent"), max_length=10, choices=Means)
    sent_at = models.DateTimeField(_("sent on"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("confirmation of a consent")
        verbose_name_plural = _("confirmations of consents")

    def __str__(self) -> str:
        return str(self.pk)


class GrantQuerySet(models.QuerySet["Grant"]):
    def bulk_create(self, objs: Iterable["Grant"], *args: Any, **kwargs: Any) -> list["Grant"]:
        grants = list(objs)
        for grant in grants:
            grant.require_consent()
        return super().bulk_create(grants, *args, **kwargs)

    def update(self, **values: Any) -> int:
        raise AppendOnly(_("A grant is given or withdrawn, never changed."))

    def unfounded(self) -> "GrantQuerySet":
        """Grants whose ledger says something else: only somebody who went around this program can make one."""
        later = ConsentEntry.objects.filter(
            customer=models.OuterRef("customer"),
            purpose=Purpose.TECHNICAL,
            given_at__gt=models.OuterRef("entry__given_at"),
        ).exclude(decision=Decision.GIVEN)
        founded = Q(
            entry__customer=models.F("customer"), entry__purpose=Purpose.TECHNICAL, entry__decision=Decision.GIVEN
        )
        return self.filter(~founded | models.Exists(later) | ~Q(evidence__customer=models.F("customer")))


class Grant(models.Model):
    """The live permission to keep technical records: exists exactly while the written consent is in force."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, related_name="grant")
    entry = models.OneToOneField(ConsentEntry, on_delete=models.RESTRICT, related_name="grant")
    evidence = models.ForeignKey(Evidence, on_delete=models.RESTRICT, related_name="grants")

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(_("A grant is given or withdrawn, never changed."))
        self.require_consent()
        super().save(*args, **kwargs)

    def rest_on(self, entry: ConsentEntry) -> None:
        """Make this grant rest on a (renewed) consent; the records on it stay. Raises NoConsent."""
        if entry.evidence is None:
            raise NoConsent(NO_GRANT)
        self.entry, self.evidence = entry, entry.evidence
        self.require_consent()
        self.save_base(force_insert=self._state.adding)

    def require_consent(self) -> None:
        """Raise NoConsent unless the entry is this customer's written consent and their last word on it."""
        last_word = ConsentEntry.objects.filter(customer_id=self.customer_id, purpose=Purpose.TECHNICAL).newest_first()
        entry = last_word.first()
        in_force = entry is not None and entry.pk == self.entry_id and entry.decision == Decision.GIVEN
        if not in_force or entry is None or entry.evidence_id != self.evidence_id:
            raise NoConsent(NO_GRANT)
