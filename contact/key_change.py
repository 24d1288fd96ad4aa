"""Another operator key: brought, proved by its trial message, put into place, confirmed.

What must never happen: messages are encrypted to a key that nobody here can open, or to one that somebody put into
place and nobody noticed. So a key that comes while another one is usable waits until the word of its trial message
was typed; one that comes while there is none counts at once, for the form would be closed, and stands red until
then. And a key that was not there yesterday is told in cockpit and `status`, with who and when, until the operator
says that it is theirs, however it came: also if its file was changed by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contact import key_trials
from contact.key_watch import tell_changed
from contact.models import KeyTrial, KnownKey
from sitebackend import operator_key
from sitebackend.crypto.certificate import Certificate
from sitebackend.models import Act, Event


class WrongWord(Exception):
    """It is the word of no trial message; the message says so, for the operator."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A key that was brought. `trial` is None if it was in use already and was extended."""

    certificate: Certificate
    trial: KeyTrial | None

    @property
    def waits(self) -> bool:
        """Whether the key before rules until the word is typed."""
        return bool(self.trial and self.trial.armoured)

    @property
    def act(self) -> Act:
        return Act.KEY_BROUGHT if self.waits else Act.KEY_REPLACED

    def words(self) -> str:
        """What came of it, for the operator."""
        if self.waits:
            return _("The key before stays in use until you have typed the word of the trial message to the new one.")
        if self.trial:
            return _("This key is in use from now on. Type the word of its trial message, so that it counts as proved.")
        return _("This key is in use from now on; its file before lies beside it.")


@dataclass(frozen=True, slots=True)
class InUse:
    """A key that messages are encrypted to, and what is still to be said of it."""

    fingerprint: str
    changed_at: datetime | None  #: when it came into use, while nobody has confirmed it
    is_unconfirmed: bool
    is_unproved: bool
    by: str  #: who put it there, as far as the audit trail knows


def bring(*, data: bytes, now: datetime) -> Brought:
    """Take a public key in. Raises OperatorKeyUnusable, OSError; then nothing was changed."""
    certificate = operator_key.usable_certificate_in(data)
    in_use = _usable()
    if certificate.fingerprint in [other.fingerprint for other in in_use]:
        operator_key.put_into_place(certificate)
        return Brought(certificate, None)
    trial = key_trials.prepare(certificate, waits=bool(in_use), now=now)
    with transaction.atomic():
        key_trials.begin(trial)
        if not trial.armoured:
            _put_into_place(certificate, before=[], now=now)
    return Brought(certificate, trial)


def prove(*, word: str, now: datetime) -> tuple[str, Act]:
    """The word of a trial message was typed: its key is in use from now on. Gives its fingerprint, and what that was.

    Raises WrongWord, OperatorKeyUnusable, OSError; then nothing was changed.
    """
    trial = KeyTrial.objects.filter(word_digest=key_trials.digest_of(word)).first()
    if trial is None:
        raise WrongWord(_("This is the word of no trial message that waits; each new one has a word of its own."))
    certificate = operator_key.usable_certificate_in(trial.armoured.encode()) if trial.armoured else None
    before = [other.fingerprint for other in _usable()]
    with transaction.atomic():
        KeyTrial.objects.filter(pk=trial.pk).delete()
        if certificate:
            _put_into_place(certificate, before=before, now=now)
    return trial.fingerprint, Act.KEY_REPLACED if certificate else Act.KEY_PROVED


def discard() -> int:
    """The key that waits is not to come; gives how many waited."""
    count, _of_each = KeyTrial.objects.waiting().delete()
    return count


@transaction.atomic
def confirm(*, now: datetime) -> list[str]:
    """The operator says that the keys in use are theirs. Gives the fingerprints that this was asked of."""
    asked = [key.fingerprint for key in in_use() if key.is_unconfirmed]
    for fingerprint in asked:
        KnownKey.objects.update_or_create(
            fingerprint=fingerprint,
            defaults={"confirmed_at": now},
            create_defaults={"looked_at": now, "confirmed_at": now},
        )
    return asked


def in_use() -> list[InUse]:
    """The keys that messages are encrypted to now."""
    known = {key.fingerprint: key for key in KnownKey.objects.all()}
    unproved = set(KeyTrial.objects.filter(armoured="").values_list("fingerprint", flat=True))
    return [_in_use(certificate.fingerprint, known, unproved) for certificate in _usable()]


def brought_by(fingerprint: str) -> str:
    """Who put a key there, in words; nobody whom this program knows, if its file was changed."""
    acts = (Act.KEY_REPLACED, Act.KEY_BROUGHT)
    event = Event.objects.filter(act__in=acts, key=fingerprint).select_related("operator").order_by("-at").first()
    if event is None:
        return _("the file itself was changed, past this program")
    return event.operator.get_username() if event.operator else str(event.get_actor_display())


def _in_use(fingerprint: str, known: dict[str, KnownKey], unproved: set[str]) -> InUse:
    """One that nobody has looked at yet is another one, unless none was looked at before."""
    key = known.get(fingerprint)
    is_unconfirmed = key.changed_at is not None and key.confirmed_at is None if key else bool(known)
    return InUse(
        fingerprint=fingerprint,
        changed_at=key.changed_at if key else None,
        is_unconfirmed=is_unconfirmed,
        is_unproved=fingerprint in unproved,
        by=brought_by(fingerprint) if is_unconfirmed else "",
    )


def _usable() -> tuple[Certificate, ...]:
    try:
        return operator_key.usable_certificates()
    except operator_key.OperatorKeyUnusable:
        return ()


def _put_into_place(certificate: Certificate, *, before: Sequence[str], now: datetime) -> None:
    """The file last: what the database does not keep must not stand there."""
    for fingerprint in before:  # the worker may not have looked at them yet
        KnownKey.objects.get_or_create(fingerprint=fingerprint, defaults={"looked_at": now})
    is_first = not KnownKey.objects.exists()
    KnownKey.objects.update_or_create(
        fingerprint=certificate.fingerprint,
        defaults={"looked_at": now, "changed_at": None if is_first else now, "confirmed_at": None, "told_days": None},
    )
    if not is_first:
        tell_changed(certificate, now)
    operator_key.put_into_place(certificate)
