"""The outbox as a holding of the registry: mails that wait, found by the digest of the address they go to.

What must never happen: somebody is erased and a mail to them still lies here with what it says, or a mail to the
address that somebody merely gave makes that address count as held. Mails about a row go with the row (`erasure`).
Those of a data-subject request are part of it and carry no digest: the answer goes by them, also to the erased.
"""

from collections.abc import Collection, Iterable
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from sitebackend import retention
from sitebackend.crypto import lookup
from sitebackend.mail.models import NOTHING, MailServer, OutgoingMail, OutgoingMailQuerySet
from sitebackend.privacy.registry import (
    Action,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    Step,
    holds_no_personal_data,
    register,
)
from sitebackend.privacy.versions import version_of


@register
class OutgoingMails(PersonalDataSource):
    """Sent ones hold a time and what they were about; that goes with what it is, or after a month."""

    name = "mail.outbox"
    erased_after: ClassVar = -1  # before the rows that they are about: those take what is left along
    models: ClassVar = {OutgoingMail: ("about", "recipient_digest", "payload")}

    def describe(self) -> Description:
        return Description(
            title=_("Mails that wait to be sent"),
            persons=(_("senders of messages"), _("customers")),
            categories=(_("e-mail address, and what the mail says"),),
            purposes=(_("sending mail also when the mail server is away"),),
            legal_basis=_("Art. 6(1)(b), (c) and (f) GDPR: that of the matter which the mail is about"),
            recipients=(_("the operator's mail provider"),),
            retention=_("until the mail server took the mail; afterwards only kind and time, for {period}").format(
                period=retention.days(retention.SENT_MAIL.days)
            ),
            origin=_("made by this website out of what is held on the matter"),
            location=_("database of this site, sealed with the server's key"),
        )

    def find(self, subject: DataSubject) -> Iterable[Item]:
        return [self._item(mail) for mail in _held(subject)]

    def export(self, subject: DataSubject) -> Iterable[Export]:
        for mail in _held(subject):
            values = {
                str(_("kind")): str(mail.sort.label),
                str(_("state")): mail.get_state_display(),
                str(_("in the queue since")): mail.queued_at,
            }
            yield Export(item=self._item(mail), values=values)

    def plan(self, subject: DataSubject) -> Iterable[Step]:
        held = _held(subject)
        yield Step(
            source=self.name,
            action=Action.DELETE,
            rows=tuple(held.order_by("pk").values_list("pk", flat=True)),
            version=version_of(held),  # inside the transaction it keeps the worker from them
            moves_by_itself=True,
            law=_("Art. 17(1) GDPR"),
            reason=_("Nothing more is sent."),
        )

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        return OutgoingMail.objects.filter(pk__in=rows).delete()[0]

    def _item(self, mail: OutgoingMail) -> Item:
        return Item(
            source=self.name,
            identifier=str(mail.pk),
            title=_("Mail that waits to be sent: {kind}").format(kind=mail.sort.label),
            recorded_at=mail.queued_at,
            matched_by=("email",),
            person=str(mail.about) if mail.about != NOTHING else "",
        )


def _held(subject: DataSubject) -> OutgoingMailQuerySet:
    digest = lookup.email(subject.email)
    found = OutgoingMail.objects.all()
    held = found.filter(recipient_digest=digest) if digest else found.none()
    meant = subject.narrow(held, column="about")
    return meant | subject.narrow(held.filter(about=NOTHING))


holds_no_personal_data(MailServer, id="always 1", offers_smtputf8="yes or no", asked_at="a time of ours")
_OURS = "a time or number of ours"
holds_no_personal_data(
    OutgoingMail,
    id="a random key of the mail alone",
    kind="one of our kinds of mail",
    state="one of six words",
    last_reply="what the mail server said, without the addresses in it",
    is_setting_wrong="yes or no",
    **dict.fromkeys(("queued_at", "next_attempt_at", "attempts", "sent_at", "copies", "repeats"), _OURS),
)
