"""The operator hears by mail, once each, that their key ends soon, that another key is in use, or none can be read.

What must never happen: the key ends unnoticed and the form closes, or somebody puts a key of their own into
place and reads along. Cockpit and `status` say it too; a mail reaches an operator who looks at neither.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction

from contact import key_trials
from contact.mail import KEY_WARNING
from contact.models import KeyTrial, KnownKey
from sitebackend import operator_key
from sitebackend.crypto.certificate import Certificate
from sitebackend.mail import services as outbox
from sitebackend.operator_key import KeyFile

WARN_DAYS = (60, 30, 14, 7, 1, 0)  # before the end; 0: it has ended
UNREADABLE = "unreadable"  # in the place of a fingerprint: a file cannot be read
LOOK_EVERY = timedelta(hours=1)


def watch_keys(now: datetime) -> int:
    """Worker's job: tell what there is to tell; gives how many mails were queued."""
    files = operator_key.key_files()
    known = set(KnownKey.objects.values_list("fingerprint", flat=True))
    changed = [file for file in files if known and file.certificate and file.certificate.fingerprint not in known]
    trials = [
        key_trials.prepare(file.certificate, waits=False, now=now)
        for file in changed
        if file.certificate and not file.reason
    ]
    return _watch_all(files, trials, now)


@transaction.atomic
def _watch_all(files: Sequence[KeyFile], trials: Sequence[KeyTrial], now: datetime) -> int:
    is_first_look = not KnownKey.objects.exists()
    unreadable = [file.reason for file in files if not file.certificate]
    certificates = [file.certificate for file in files if file.certificate]
    told = _tell_unreadable(unreadable, now) if unreadable else 0
    if not unreadable:  # else a key that comes back would count as another one
        fingerprints = [certificate.fingerprint for certificate in certificates]
        KnownKey.objects.exclude(fingerprint__in=fingerprints).delete()
        KeyTrial.objects.filter(armoured="").exclude(fingerprint__in=fingerprints).delete()
    for trial in trials:
        key_trials.begin(trial)
    told += sum(_watch(certificate, now, is_new_to_us=not is_first_look) for certificate in certificates)
    return told + len(trials)


def _tell_unreadable(reasons: list[str], now: datetime) -> int:
    """Once, until every file can be read again: the row that remembers it goes with the first look at all keys."""
    known, _is_new = KnownKey.objects.get_or_create(fingerprint=UNREADABLE, defaults={"looked_at": now})
    if known.told_days is not None:
        return 0
    KnownKey.objects.filter(pk=UNREADABLE).update(looked_at=now, told_days=0)
    return _queue("key_unreadable", f"{now:%Y%m%d%H%M%S}", now=now, reasons=[str(reason) for reason in reasons])


def _watch(certificate: Certificate, now: datetime, *, is_new_to_us: bool) -> int:
    known, is_new = KnownKey.objects.get_or_create(
        fingerprint=certificate.fingerprint,
        defaults={"looked_at": now, "changed_at": now if is_new_to_us else None},
    )
    if not is_new and timedelta(0) <= now - known.looked_at < LOOK_EVERY:
        return 0
    KnownKey.objects.filter(pk=known.pk).update(looked_at=now)
    told = tell_changed(certificate, now) if is_new and is_new_to_us else 0
    return told + _warn(certificate, known, now)


def _warn(certificate: Certificate, known: KnownKey, now: datetime) -> int:
    days = warning_due(certificate, now)
    if days is None and known.told_days is not None:  # it was extended, or a wrong clock said that its end is near
        KnownKey.objects.filter(pk=known.pk).update(told_days=None)
    if days is None or (known.told_days is not None and known.told_days <= days):
        return 0
    KnownKey.objects.filter(pk=known.pk).update(told_days=days)
    return _tell("key_expires", certificate, now=now, days=days, extension=_extension(certificate, now))


def warning_due(certificate: Certificate, now: datetime) -> int | None:
    """The smallest of WARN_DAYS that is reached; None while the end is far, or there is none."""
    if certificate.expires is None:
        return None
    left = certificate.expires - now
    return min((days for days in WARN_DAYS if left <= timedelta(days=days)), default=None)


def tell_changed(certificate: Certificate, now: datetime) -> int:
    """Have it mailed that this key is in use from now on."""
    return _tell("key_changed", certificate, now=now)


def _extension(certificate: Certificate, now: datetime) -> list[str]:
    return list(certificate.extension(now + timedelta(days=WARN_DAYS[0])))


def _tell(template: str, certificate: Certificate, *, now: datetime, **context: Any) -> int:
    told = {
        "fingerprint": certificate.fingerprint,
        "user_ids": list(certificate.user_ids),
        "expires": certificate.expires.isoformat() if certificate.expires else "",
    }
    identity = (certificate.fingerprint.lower(), *([str(context["days"])] if "days" in context else []))
    return _queue(template, *identity, now=now, certificate=told, **context)


def _queue(template: str, *identity: str, now: datetime, **context: Any) -> int:
    about = uuid5(NAMESPACE_OID, f"{template} {identity[0]}")  # a later warning takes the place of one that waits
    outbox.queue(
        KEY_WARNING.name, about=about, facts={"template": template, "identity": identity, "context": context}, now=now
    )
    return 1
