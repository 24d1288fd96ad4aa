"""Requests of persons about their data (Art. 15–21 GDPR), from arrival to their own end.

Nothing that a person wrote lies here in the clear (`statement`), and nothing of it outlives the answer for
long (S12): after 30 days only kind, dates, counts and the request's own reference stay, as proof, for three
calendar years. There is no state column: what was done stands in pairs of who and when, and each pair is
whole or empty.
"""

import uuid
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.mail.models import OutgoingMail
from sitebackend.models import SiteSettings
from sitebackend.privacy import deadlines, persons
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.statement import Statement, seal, unseal
from sitebackend.references import LENGTH, new_reference


class Kind(models.TextChoices):
    """The right that the person uses."""

    ACCESS = "access", _("access")
    RECTIFICATION = "rectification", _("rectification")
    ERASURE = "erasure", _("erasure")
    RESTRICTION = "restriction", _("restriction")
    PORTABILITY = "portability", _("data portability")
    OBJECTION = "objection", _("objection")


class Channel(models.TextChoices):
    """How the request came. Informal is enough (S12)."""

    FORM = "form", _("web form")
    MAIL = "mail", _("e-mail")
    TELEPHONE = "telephone", _("telephone")
    LETTER = "letter", _("letter")
    MEETING = "meeting", _("in person")


class Identity(models.TextChoices):
    """What the comparison of the person with what is held came to; its evidence is not kept."""

    MATCHED = "matched", _("fits what is held")
    CONFIRMED = "confirmed", _("confirmed by a link to the stored address")
    NOTHING_HELD = "nothing_held", _("nothing is held, nobody to mistake")


class Outcome(models.TextChoices):
    """How the request ended."""

    GRANTED = "granted", _("carried out")
    PARTLY = "partly", _("carried out in part, with the reasons told")
    NOTHING_HELD = "nothing_held", _("nothing was held")
    REFUSED = "refused", _("refused, with the reasons told")
    WITHDRAWN = "withdrawn", _("withdrawn by the person")


class CopyForm(models.TextChoices):
    """How a copy of the person's data left."""

    LINK = "link", _("by a link that gives it once")
    FILE = "file", _("as a file under a passphrase")
    PRINT = "print", _("as a file to print")
    ELSEWHERE = "elsewhere", _("made at the terminal, or completed where the secret key is")


class RequestQuerySet(models.QuerySet["DataSubjectRequest"]):
    def open(self) -> Self:
        """Not answered yet."""
        return self.filter(answered_at=None)

    def to_acknowledge(self) -> Self:
        return self.open().filter(acknowledged_at=None)

    def links_asked(self) -> Self:
        """The person was asked who they are by a link, and has not said so."""
        return self.open().filter(link_asked_at__isnull=False, identity="")

    def to_verify(self) -> Self:
        """Erased, and not yet shown to be physically gone."""
        return self.filter(erased_at__isnull=False, verified_at=None)

    def mailed_out(self) -> Self:
        """Those of whom no mail holds anything any more: what was sealed for it is wiped."""
        return self.exclude(pk__in=OutgoingMail.objects.sealed().values("about"))

    def letters_to_post(self) -> Self:
        """Answered, and the person has no answer: no mail is on its way, and no letter is noted as posted."""
        answered = self.filter(answered_at__isnull=False, answer_sent_at=None, purged_at=None)
        return answered.exclude(outcome=Outcome.WITHDRAWN).exclude(pk__in=OutgoingMail.objects.unsent().values("about"))

    def to_purge(self, now: datetime) -> Self:
        """Answered long enough ago: what the person wrote goes."""
        return self.filter(purge_at__lte=now, purged_at=None)


def _together(*fields: str) -> Q:
    """All of these are set, or none."""
    return Q(**{f"{field}__isnull": True for field in fields}) | Q(**{f"{field}__isnull": False for field in fields})


class DataSubjectRequest(models.Model):
    """One request. Operators are named by their account, which therefore cannot be deleted while this row is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=LENGTH, unique=True, default=new_reference, editable=False)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    channel = models.CharField(_("came by"), max_length=10, choices=Channel, default=Channel.FORM)
    scope = models.JSONField(_("only these holdings"), default=list, blank=True)
    received_on = models.DateField(_("received on"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    sealed = models.BinaryField(null=True, editable=False)
    nonce_digest = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 - many have none
    email_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    phone_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    name_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)

    due_on = models.DateField(_("answer by"), editable=False)
    paused_on = models.DateField(_("identity asked for on"), null=True, blank=True, editable=False)
    resumed_on = models.DateField(_("identity clear since"), null=True, blank=True, editable=False)
    extended_at = models.DateTimeField(_("extended"), null=True, editable=False)
    extended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    extension_told_at = models.DateTimeField(_("extension told"), null=True, editable=False)
    reminded_at_days = models.SmallIntegerField(null=True, editable=False)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, editable=False)

    identity = models.CharField(_("identity"), max_length=15, choices=Identity, blank=True, editable=False)
    identity_at = models.DateTimeField(_("identity checked"), null=True, editable=False)
    link_asked_at = models.DateTimeField(null=True, editable=False)
    link_mailed_at = models.DateTimeField(null=True, editable=False)

    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    receipt = models.JSONField(_("receipt"), null=True, editable=False)
    verified_at = models.DateTimeField(_("physically gone"), null=True, editable=False)
    carried_out_at = models.DateTimeField(_("carried out"), null=True, editable=False)
    carried_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    carried_out = models.JSONField(_("what was carried out"), null=True, editable=False)

    copied_at = models.DateTimeField(_("copy made"), null=True, editable=False)
    copied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    copied_as = models.CharField(_("form of the copy"), max_length=10, choices=CopyForm, blank=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome, blank=True, editable=False)
    answer_sent_at = models.DateTimeField(_("answer sent"), null=True, editable=False)
    purge_at = models.DateTimeField(_("its text goes"), null=True, editable=False)
    purged_at = models.DateTimeField(_("its text went"), null=True, editable=False)

    objects = RequestQuerySet.as_manager()

    class Meta:
        permissions = [
            ("carry_out_erasure", _("Can erase what is held on a person")),
            ("hand_over_copy", _("Can hand over the copy of what is held on a person")),
        ]
        verbose_name = _("data-subject request")
        verbose_name_plural = _("data-subject requests")
        ordering = ["answered_at", "due_on"]
        indexes = [models.Index(fields=["answered_at", "due_on"], name="request_deadline")]
        constraints = [
            models.CheckConstraint(name="request_extended_by_whom", condition=_together("extended_at", "extended_by")),
            models.CheckConstraint(
                name="request_erased_by_whom", condition=_together("erased_at", "erased_by", "receipt")
            ),
            models.CheckConstraint(
                name="request_carried_out_by_whom",
                condition=_together("carried_out_at", "carried_out_by", "carried_out"),
            ),
            models.CheckConstraint(
                name="request_copied_by_whom",
                condition=Q(copied_at=None, copied_by=None, copied_as="")
                | Q(copied_at__isnull=False, copied_by__isnull=False) & ~Q(copied_as=""),
            ),
            models.CheckConstraint(
                name="request_extension_told_after_it",
                condition=Q(extension_told_at=None) | Q(extended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="request_answered_by_whom",
                condition=Q(answered_at=None, answered_by=None, outcome="", purge_at=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False, purge_at__isnull=False) & ~Q(outcome=""),
            ),
            models.CheckConstraint(
                name="request_answer_sent_after_it",
                condition=Q(answer_sent_at=None) | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="request_identity_with_time",
                condition=Q(identity="", identity_at=None) | ~Q(identity="") & Q(identity_at__isnull=False),
            ),
            models.CheckConstraint(name="request_erased_after_identity", condition=Q(erased_at=None) | ~Q(identity="")),
            models.CheckConstraint(
                name="request_verified_after_erased", condition=Q(verified_at=None) | Q(erased_at__isnull=False)
            ),
            models.CheckConstraint(
                name="request_resumed_after_paused",
                condition=Q(resumed_on=None) | Q(paused_on__isnull=False, resumed_on__gte=models.F("paused_on")),
            ),
            models.CheckConstraint(
                name="request_purged_has_no_text",
                condition=Q(purged_at=None, sealed__isnull=False)
                | Q(
                    purged_at__isnull=False,
                    answered_at__isnull=False,
                    sealed=None,
                    nonce_digest=None,
                    email_digest="",
                    phone_digest="",
                    name_digest="",
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.due_on = self.deadline()
        super().save(*args, **kwargs)

    @property
    def statement(self) -> Statement:
        """What the person said; an empty one after it went."""
        return unseal(bytes(self.sealed), self.pk) if self.sealed else Statement()

    def words(self) -> DataSubject:
        """What leads to the person, for the registry: all their words, or what a link proved and no more.

        Whoever has a mail address may know somebody else's customer number as well.
        """
        said = self.statement
        return DataSubject(email=said.email) if self.identity == Identity.CONFIRMED else said.subject()

    def subject(self) -> DataSubject:
        """Who it is about, and nobody else of those whom the words lead to. Raises Undecided."""
        return persons.narrowed(self.words(), self.statement.persons, own=str(self.pk))

    @property
    def erased_holdings(self) -> list[str]:
        """The holdings that something was erased of."""
        return list(dict.fromkeys(source for source, _action, count, *_names in self.receipt or () if count))

    def take(self, said: Statement) -> None:
        """Take over what the person said: sealed, with the digests that find it."""
        self.sealed = seal(said, self.pk)
        for column, digest in said.digests().items():
            setattr(self, column, digest)

    def deadline(self) -> date:
        """The last day for the answer; days on which the clock stood still are added once they are over."""
        return deadlines.due_on(
            self.received_on,
            state=SiteSettings.current().federal_state,
            months=deadlines.EXTENDED_MONTHS if self.extended_at else deadlines.ANSWER_MONTHS,
            paused_days=self._paused_days(),
        )

    def days_left(self, today: date) -> int | None:
        """Days until the deadline, negative once it is over; None while the clock stands still."""
        return None if self.is_paused else (self.due_on - today).days

    @property
    def is_paused(self) -> bool:
        """The person was asked who they are (Art. 12(6)) and has not answered."""
        return self.paused_on is not None and self.resumed_on is None

    @property
    def extension_possible_until(self) -> date:
        """The extension must be told within the first month (Art. 12(3))."""
        state = SiteSettings.current().federal_state
        return deadlines.due_on(self.received_on, state=state, paused_days=self._paused_days())

    def _paused_days(self) -> int:
        return (self.resumed_on - self.paused_on).days if self.paused_on and self.resumed_on else 0


class AccessAnswer(models.Model):
    """A copy of a person's data, waiting to be fetched once.

    It is sealed under a key that only the link holds: the row alone opens nothing, on this server or elsewhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(DataSubjectRequest, models.CASCADE, related_name="answers")
    token_digest = models.CharField(max_length=64, unique=True)
    sealed = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("access answer")
        verbose_name_plural = _("access answers")

    def __str__(self) -> str:
        return str(self.pk)


class RetentionRunQuerySet(models.QuerySet["RetentionRun"]):
    def last_day(self, today: date) -> date | None:
        """The day of the last run; one that a wrong clock dated ahead counts for nothing."""
        return self.filter(day__lte=today).order_by("-day").values_list("day", flat=True).first()

    def to_wipe(self) -> Self:
        """Rows went, and traces of them may be in the files still."""
        return self.filter(wiped_at=None).exclude(receipt=[])


class RetentionRun(models.Model):
    """The proof of one day's retention: how many rows of which holdings went, and that they are physically gone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField(_("day"), unique=True)
    receipt = models.JSONField(_("receipt"), default=list)
    wiped_at = models.DateTimeField(_("physically gone"), null=True)

    objects = RetentionRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")
        ordering = ["-day"]

    def __str__(self) -> str:
        return self.day.isoformat()


class Rehearsal(models.Model):
    """How the nightly rehearsal of an erasure went last: one row. Nothing of the invented person stands in it."""

    class Failure(models.TextChoices):
        """What did not go as it should."""

        FORM = "form", _("the contact form did not take her message")
        REQUEST = "request", _("the form for requests did not take her request")
        ACCESS = "access", _("the copy for her did not hold what she wrote")
        OTHERS = "others", _("the plan of her erasure named somebody else's rows; nothing was erased")
        LEFT_OVER = "left_over", _("something of her is still found after the erasure")
        FILES = "files", _("what was erased did not leave the database's files")
        BYTES = "bytes", _("bytes of hers stand in a file of the site still")
        JOURNAL = "journal", _("the erasure journal cannot be read, or bytes of hers stand in it")
        BACKUP = "backup", _("bytes of hers stand in the newest backup")
        ERROR = "error", _("it broke off; the log shows where")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    begun_at = models.DateTimeField(_("begun"))
    ended_at = models.DateTimeField(_("ended"), null=True)  #: empty: it is under way, or was cut off
    proved_at = models.DateTimeField(_("last one that went as it should"), null=True)
    seen_in_files = models.BooleanField(_("files searched"), default=True)  #: False: the rights to that are missing
    failure = models.CharField(_("failure"), max_length=10, choices=Failure, blank=True)

    class Meta:
        verbose_name = _("rehearsal of an erasure")
        verbose_name_plural = _("rehearsals of an erasure")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_row_of_rehearsals")]

    def __str__(self) -> str:
        return self.begun_at.isoformat()
