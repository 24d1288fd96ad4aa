"""What the contact form holds on people, for the registry."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contact.models import EncryptedMessage, Submission
from sitebackend.crypto import lookup
from sitebackend.privacy.registry import (
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    holds_no_personal_data,
    register,
)
from sitebackend.references import tidy_reference

holds_no_personal_data(
    Submission,
    channel="how the inquiry came, one of four words",
    nonce_digest="digest of a random value of the form",
    verdict="one of three words",
    reasons="names of the spam checks that spoke",
    delivery="one of five words",
    next_attempt_at="a time of ours",
    attempts="a number of ours",
    last_reply="what the operator's mail server said about the operator's address",
    sent_at="a time of ours",
    done_at="a time of ours",
)
holds_no_personal_data(EncryptedMessage, fingerprints="the operator's keys")


@register
class Submissions(PersonalDataSource):
    name = "contact.submissions"
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
            "mail_payload",
        ),
        EncryptedMessage: ("id", "armoured"),
    }

    def describe(self) -> Description:
        return Description(
            title=_("Messages through the contact form"),
            categories=(_("Name"), _("Address"), _("Telephone"), _("E-mail address"), _("Message")),
            purposes=(_("Answering the message"),),
            legal_basis=_("Art. 6(1)(b) GDPR (steps before a contract) and (f) (answering those who write)"),
            recipients=(_("none besides the operator and their mail provider"),),
            retention=_("until deletion is asked for, or the period that the form names"),
            origin=_("entered by the person"),
            location=_("database of the website, encrypted to the operator's OpenPGP key"),
        )

    def find(self, subject: DataSubject) -> Iterator[Item]:
        digests = _digests(subject)
        for submission in Submission.objects.filter(_any_of(digests)):
            matched = tuple(name for name, (field, value) in digests.items() if getattr(submission, field) == value)
            yield Item(
                source=self.name,
                identifier=str(submission.pk),
                title=_("Message {reference}").format(reference=submission.reference),
                recorded_at=submission.received_at,
                matched_by=matched,
            )

    def export(self, subject: DataSubject) -> Iterator[Export]:
        for item in self.find(subject):
            submission = Submission.objects.get(pk=item.identifier)
            yield Export(
                item=item,
                values={
                    str(_("Reference")): submission.reference,
                    str(_("Received")): submission.received_at,
                    str(_("Came by")): submission.get_channel_display(),
                },
                sealed=_("Only the operator's secret key opens it: manage.py decrypt {reference}").format(
                    reference=submission.reference
                ),
            )


def _digests(subject: DataSubject) -> dict[str, tuple[str, str]]:
    """What the person says of themselves → the column and the value that tell whether it is theirs."""
    columns = {
        "email": ("email_digest", lookup.email(subject.email)),
        "phone": ("phone_digest", lookup.phone(subject.phone)),
        "name": ("name_digest", lookup.name_and_postal_code(subject.name, subject.postal_code)),
        "reference": ("reference", tidy_reference(subject.reference) if subject.reference else ""),
    }
    return {name: column for name, column in columns.items() if column[1]}


def _any_of(digests: dict[str, tuple[str, str]]) -> Q:
    found = Q(pk__in=[])
    for field, value in digests.values():
        found |= Q(**{field: value})
    return found
