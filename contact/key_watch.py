"""The operator hears by mail, once each, that their key ends soon, that another key is in use, or none can be read.

What must never happen: the key ends unnoticed and the form closes, or somebody puts a key of their own into
place and reads along. Cockpit and `status` say it too; a mail reaches an operator who looks at neither.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation

from contact.models import KnownKey
from sitebackend import mail, operator_key
from sitebackend.crypto.certificate import Certificate

WARN_DAYS = (60, 30, 14, 7, 1, 0)  # before the end; 0: it has ended
UNREADABLE = "unreadable"  # in the place of a fingerprint: a file cannot be read
LOOK_EVERY = timedelta(hours=1)  # also the pause after a mail that the server did not take


def watch_keys(now: datetime) -> int:
    """Tell what there is to tell; gives how many mails went out. Raises what the mail server answers."""
    files = operator_key.key_files()
    certificates = [file.certificate for file in files if file.certificate]
    is_first_look = not KnownKey.objects.exists()
    unreadable = [file.reason for file in files if not file.certificate]
    told = _tell_unreadable(unreadable, now) if unreadable else 0
    if not unreadable:  # else a key that comes back would count as another one
        KnownKey.objects.exclude(fingerprint__in=[certificate.fingerprint for certificate in certificates]).delete()
    return told + sum(_watch(certificate, now, is_new_to_us=not is_first_look) for certificate in certificates)


def _tell_unreadable(reasons: list[str], now: datetime) -> int:
    """Once, until every file can be read again: the row that remembers it goes with the first look at all keys."""
    known, is_new = KnownKey.objects.get_or_create(fingerprint=UNREADABLE, defaults={"looked_at": now})
    if known.told_days is not None or (not is_new and now - known.looked_at < LOOK_EVERY):
        return 0
    KnownKey.objects.filter(pk=UNREADABLE).update(looked_at=now)
    _send("key_unreadable", f"{now:%Y%m%d%H%M%S}", reasons=reasons)
    KnownKey.objects.filter(pk=UNREADABLE).update(told_days=0)
    return 1


def _watch(certificate: Certificate, now: datetime, *, is_new_to_us: bool) -> int:
    known, is_new = KnownKey.objects.get_or_create(fingerprint=certificate.fingerprint, defaults={"looked_at": now})
    if not is_new and now - known.looked_at < LOOK_EVERY:
        return 0
    KnownKey.objects.filter(pk=known.pk).update(looked_at=now)
    told = _tell("key_changed", certificate, known) if is_new and is_new_to_us else 0
    return told + _warn(certificate, known, now)


def _warn(certificate: Certificate, known: KnownKey, now: datetime) -> int:
    days = warning_due(certificate, now)
    if days is None or (known.told_days is not None and known.told_days <= days):
        return 0
    _tell("key_expires", certificate, known, days=days)
    KnownKey.objects.filter(pk=known.pk).update(told_days=days)
    return 1


def warning_due(certificate: Certificate, now: datetime) -> int | None:
    """The smallest of WARN_DAYS that is reached; None while the end is far, or there is none."""
    if certificate.expires is None:
        return None
    left = certificate.expires - now
    return min((days for days in WARN_DAYS if left <= timedelta(days=days)), default=None)


def _tell(template: str, certificate: Certificate, known: KnownKey, **context: int) -> int:
    identity = (known.fingerprint.lower(), *map(str, context.values()))
    return _send(template, *identity, certificate=certificate, **context)


def _send(template: str, *identity: str, **context: Any) -> int:
    with translation.override(settings.LANGUAGE_CODE):
        message = mail.render(
            f"contact/email/{template}",
            context,
            to=settings.OPERATOR_EMAIL,
            identity=mail.message_id(template, *identity),
        )
    mail.send(message)
    return 1
