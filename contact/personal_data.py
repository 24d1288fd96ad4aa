"""What the contact form holds on people, for the registry."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contact import copies, reading, reply_address
from contact.copies import opened, state
from contact.models import (
    Channel,
    EncryptedMessage,
    KeyTrial,
    KnownKey,
    MessageFeatures,
    Note,
    Preview,
    ReadingKey,
    ReplyAddress,
    SpamModel,
    Submission,
    SubmissionQuerySet,
)
from contact.spam import learning
from sitebackend import retention
from sitebackend.crypto import lookup
from sitebackend.mail.models import OutgoingMail
from sitebackend.privacy.registry import (
    UNCLEAR,
    Action,
    CopiesElsewhere,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    PersonRecord,
    Step,
    Text,
    holds_no_personal_data,
    register,
)
from sitebackend.privacy.versions import version_of
from sitebackend.references import tidy_reference
from sitebackend.vault.models import Lock
from sitebackend.vault.opened import Unlocked

holds_no_personal_data(
    Submission,
    channel="how the inquiry came, one of four words",
    nonce_digest="digest of a random value of the form",
    verdict="one of four words",
    reasons="names of the spam checks that spoke",
    done_at="a time of ours",
    kept_at="a time of ours",
    goes_on="a day of ours",
    told_at="a time of ours",
)
holds_no_personal_data(EncryptedMessage, fingerprints="the operator's keys")
holds_no_personal_data(
    KnownKey,
    fingerprint="the operator's key",
    looked_at="a time of ours",
    told_days="a number of ours",
    changed_at="a time of ours",
    confirmed_at="a time of ours",
)
holds_no_personal_data(
    KeyTrial,
    fingerprint="the operator's key",
    armoured="the operator's public key",
    message="a random word, encrypted to the operator's key",
    word_digest="digest of a random word",
    made_at="a time of ours",
)
holds_no_personal_data(SpamModel, id="always 1", stale_since="a time of ours")
holds_no_personal_data(ReadingKey, id="always 1", sealed_passphrase="opens the operator's own key")  # noqa: S106


@register
class Submissions(PersonalDataSource):
    name = "contact.submissions"
    lock = Lock.MESSAGES
    may_be_restricted = True
    models = {
        Submission: (
            "id",
            "reference",
            "received_at",
            "message",
            "idempotency_digest",
            "email_digest",
            "phone_digest",
            "name_digest",
            "sender_digest",
        ),
        EncryptedMessage: ("id", "armoured"),
        Note: ("id", "submission", "written_at", "sealed"),
        Preview: ("submission", "sealed"),
        ReplyAddress: ("submission", "sealed"),
        MessageFeatures: ("id", "submission", "sealed"),
    }

    def describe(self) -> Description:
        return Description(
            title=_("Messages through the contact form"),
            persons=(_("senders of messages"),),
            categories=(
                _("Name"),
                _("Address"),
                _("Telephone"),
                _("E-mail address"),
                _("Message"),
                _("where messages are read here: words of those that were judged as advertising or not"),
            ),
            purposes=(_("Answering the message"), _("telling advertising apart")),
            legal_basis=_("Art. 6(1)(b) GDPR (steps before a contract) and (f) (answering those who write)"),
            recipients=(
                _("nobody but the operator")
                if _only_a_notice()
                else _("none besides the operator and their mail provider"),
            ),
            retention=retention.of_messages(),
            origin=_("entered by the person"),
            location=_location(),
        )

    def find(self, subject: DataSubject) -> Iterator[Item]:
        wanted = _digests(subject)
        for submission in _found(subject):
            matched = tuple(name for name, (field, values) in wanted.items() if getattr(submission, field) in values)
            yield Item(
                source=self.name,
                identifier=str(submission.pk),
                title=_("Message {reference}").format(reference=submission.reference),
                recorded_at=submission.received_at,
                matched_by=matched,
            )

    def persons(self, subject: DataSubject) -> Iterator[PersonRecord]:
        """Each message by itself; what is written in it, the name included, is closed."""
        mailbox = lookup.mailbox(subject.email)
        for submission in _found(subject):
            yield PersonRecord(
                key=str(submission.pk),
                kind=_("Sender of the message"),
                number=submission.reference,
                names=_known(submission.sender_digest),
                places=_known(submission.name_digest),
                emails=_as_today(submission.email_digest, mailbox),
                phones=_known(submission.phone_digest),
                at=submission.received_at,
            )

    def texts_naming(self, words: str, unlocked: Unlocked) -> Iterator[Item]:
        wanted = words.casefold().split()
        for submission, text in copies.texts(unlocked):
            if wanted and all(word in text.casefold() for word in wanted):
                yield Item(
                    source=self.name,
                    identifier=str(submission.pk),
                    title=_("Message {reference}").format(reference=submission.reference),
                    recorded_at=submission.received_at,
                    matched_by=(),
                )

    def recipients(self, subject: DataSubject) -> Iterator[Text]:
        if references := _mailed(_usable(subject)):
            yield _("mail provider of the operator (mailbox): the mails {references}").format(references=references)

    def export(self, subject: DataSubject) -> Iterator[Export]:
        for item in self.find(subject):
            submission = Submission.objects.select_related("message").get(pk=item.identifier)
            yield Export(
                item=item,
                values=state(submission),
                sealed=_("Only the operator's secret key opens the message itself."),
                in_vault=submission.notes.exists() or hasattr(submission, "features"),
                ciphertext=submission.message.armoured,
            )

    def opened(self, copies: Sequence[Export], vault: Unlocked) -> list[Export]:
        return opened(copies, vault)

    def contacts(self) -> tuple[QuerySet[Submission], str]:
        return Submission.objects.order_by(), "received_at"

    def opens_ciphertexts(self) -> bool:
        return reading.is_possible()

    def page_of(self, identifier: str) -> str:
        return reverse("admin:contact_submission_page", args=[identifier])

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        found = _usable(subject)
        yield self._step(
            found,
            law=_("Art. 17(1) GDPR; promised in the privacy notice"),
            reason=_("The objection is enough; nothing obliges us to keep messages."),
            by_hand=_in_the_mailbox(found),
        )

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        """Rows and ciphertext go together; what waits to be mailed goes with them (`erasure`)."""
        found = Submission.objects.filter(pk__in=rows)
        if MessageFeatures.objects.filter(submission__in=rows).exists():
            learning.note_change(timezone.now())
        messages = set(found.values_list("message", flat=True))  # by key: among a million the others are not looked at
        count = found.delete()[1].get(Submission._meta.label, 0)
        others = Submission.objects.filter(message=OuterRef("pk"))  # the first is enough; a join would read them all
        EncryptedMessage.objects.filter(~Exists(others), pk__in=messages).delete()
        return count

    def due(self, today: date) -> Iterator[Step]:
        old = Submission.objects.past_period(today)
        reason = _("Its period is over, or you looked it through and let it go.")
        yield self._step(old.usable(), law=_("Art. 5(1)(e) GDPR"), reason=reason)
        held = self._step(old.restricted(), law=_("Art. 18(1) GDPR"), reason=_("Restricted: it waits until released."))
        yield replace(held, action=Action.RETAIN)

    def by_hand(self, rows: QuerySet[Submission]) -> Step:
        """What deleting these does whose deletion the operator wants."""
        reason = _("The operator deletes it by hand.")
        return self._step(rows, law=_("Art. 5(1)(e) GDPR"), reason=reason, by_hand=_in_the_mailbox(rows))

    def _step(self, rows: QuerySet[Submission], *, law: Text, reason: Text, by_hand: Text = "") -> Step:
        return Step(
            source=self.name,
            action=Action.DELETE,
            rows=tuple(rows.order_by("pk").values_list("pk", flat=True)),
            version=version_of(rows)
            + version_of(Note.objects.filter(submission__in=rows))
            + version_of(OutgoingMail.objects.filter(about__in=rows.values("pk"))),
            law=law,
            reason=reason,
            by_hand=by_hand,
        )


@register
class SpamWords(PersonalDataSource):
    """What the spam filter learned: words that several senders brought, and of nobody which."""

    name = "contact.spam_words"
    models = {SpamModel: ("sealed",)}

    def describe(self) -> Description:
        return Description(
            title=_("Words that the spam filter has learned"),
            persons=(_("senders of messages"),),
            categories=(
                _("single words that at least {n} senders used, with counts; no names, numbers or addresses").format(
                    n=learning.SENDERS
                ),
            ),
            purposes=(_("telling advertising apart"),),
            legal_basis=_("Art. 6(1)(f) GDPR (an inbox in which real messages are seen)"),
            recipients=(_("nobody but the operator"),),
            retention=_(
                "counted anew from the messages that are left when messages are opened the next time after a deletion, "
                "at the latest deleted {period} after it"
            ).format(period=retention.days(retention.SPAM_MODEL.days)),
            origin=_("counted from messages that the operator has judged as advertising or not"),
            location=_("database of the website, encrypted with the server's key"),
        )

    def find(self, subject: DataSubject) -> Iterator[Item]:
        """Nobody: a word does not tell who used it."""
        return iter(())

    def export(self, subject: DataSubject) -> Iterator[Export]:
        return iter(())

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        return iter(())


@register
class Mailbox(CopiesElsewhere, PersonalDataSource):
    """The operator's own mailbox: no program of ours reaches it. What went there stands with each message.

    The step of the messages names the mails to be deleted by hand.
    """

    name = "contact.mailbox"

    def describe(self) -> Description:
        return Description(
            title=_("The operator's mailbox"),
            persons=(_("senders of messages"), _("persons who ask about their data")),
            categories=(
                _("what was written to the operator by mail, and the answers to messages")
                if _only_a_notice()
                else _("what was written to the operator, through the form or by mail, and the answers to it"),
            ),
            purposes=(_("Answering the message"),),
            legal_basis=_("Art. 6(1)(b) GDPR (steps before a contract) and (f) (answering those who write)"),
            recipients=(_("the operator's mail provider"),),
            retention=_("until the operator deletes the mails by hand; an erasure names those that went there"),
            origin=_("sent by this website, and by the persons themselves"),
            location=_("at the operator's mail provider and on the operator's devices"),
        )


def _in_the_mailbox(found: QuerySet[Submission]) -> str:
    """What no program reaches: the mails that went to the operator, by their references."""
    sent = _("Delete the mails with these references from your mailbox: {references}")
    came = _("Delete this person's own mails from your mailbox, which you recorded as: {references}")
    listed = ((sent, _mailed(found)), (came, _came_by_mail(found)))
    return " ".join(str(words).format(references=references) for words, references in listed if references)


def _came_by_mail(found: QuerySet[Submission]) -> str:
    """The references of inquiries that the operator recorded: the mails themselves are older than the reference."""
    return ", ".join(found.filter(channel=Channel.MAIL).order_by("received_at").values_list("reference", flat=True))


def _only_a_notice() -> bool:
    """Whether the mail to the operator says only that a message is waiting."""
    return bool(settings.CONTACT_MAIL == "notice")


def _location() -> str:
    """Where messages lie, and what lies beside them as the settings are; asks no database."""
    said = [_("database of the website, encrypted to the operator's OpenPGP key")]
    if reply_address.is_outside():
        said.append(_("the address for the answer beside it, encrypted with the server's own key"))
    said.append(_("where messages are read here: sender and first words, sealed to the vault or the lock for messages"))
    return "; ".join(map(str, said))


def _mailed(found: QuerySet[Submission]) -> str:
    """The references of those that were mailed to the operator with what they say."""
    if _only_a_notice():
        return ""
    sent = cast("SubmissionQuerySet", found).with_mail(copies__gt=0)
    return ", ".join(sent.order_by("received_at").values_list("reference", flat=True))


def _digests(subject: DataSubject) -> dict[str, tuple[str, frozenset[str]]]:
    """What the person says of themselves → the column and the values that tell whether it is theirs."""
    mailbox = lookup.mailbox(subject.email)
    columns = {
        "email": ("email_digest", mailbox.before | _known(mailbox.digest)),
        UNCLEAR: ("email_digest", mailbox.unclear),
        "phone": ("phone_digest", _known(lookup.phone(subject.phone))),
        "name": ("name_digest", _known(lookup.name_and_postal_code(subject.name, subject.postal_code))),
        "reference": ("reference", _known(tidy_reference(subject.reference) if subject.reference else "")),
    }
    return {name: column for name, column in columns.items() if column[1]}


def _found(subject: DataSubject) -> SubmissionQuerySet:
    return subject.narrow(Submission.objects.filter(_any_of(_digests(subject))))


def _usable(subject: DataSubject) -> SubmissionQuerySet:
    """Those that may be copied and erased."""
    unclear = [item.identifier for item in Submissions().find(subject) if not subject.may_use(item.matched_by)]
    return _found(subject).exclude(pk__in=unclear)


def _known(digest: str) -> frozenset[str]:
    return frozenset({digest} - {""})


def _as_today(digest: str, mailbox: lookup.Mailbox) -> frozenset[str]:
    """A stored digest as it is compared with others': an old one says nothing, unless it means this mailbox."""
    return frozenset({mailbox.digest}) if mailbox.held_by(digest) else lookup.current({digest})


def _any_of(digests: dict[str, tuple[str, frozenset[str]]]) -> Q:
    found = Q(pk__in=[])
    for field, values in digests.values():
        found |= Q(**{f"{field}__in": values})
    return found
