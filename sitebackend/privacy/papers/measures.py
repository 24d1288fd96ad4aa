"""Technical and organisational measures (Art. 32 GDPR), as program and settings make them.

What must never happen: the list promises what is not so. So periods and limits are read where the code has
them, and what a setting decides is told as it is set. Nothing in it changes from day to day: a line that
did would make a new version of the record every day.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend.formats.periods import spell_out
from sitebackend.vault import services as vault
from sitebackend.vault.models import ABSOLUTE, IDLE, TRIES, TRIES_WITHIN

MINUTE = 60  # seconds


def measures() -> list[tuple[str, list[str]]]:
    """(goal of Art. 32(1), what is done for it), in the active language."""
    return [
        (_("Encryption (Art. 32(1)(a))"), list(_encryption())),
        (_("Confidentiality: who comes in (Art. 32(1)(b))"), list(_access())),
        (_("Data minimisation (Art. 5(1)(c), Art. 25)"), list(_minimisation())),
        (_("Integrity (Art. 32(1)(b))"), list(_integrity())),
        (_("Availability and restoring (Art. 32(1)(b) and (c))"), list(_availability())),
        (_("Regular testing (Art. 32(1)(d))"), list(_testing())),
    ]


def _encryption() -> Iterator[str]:
    yield _("Messages of the contact form are encrypted to the operator's OpenPGP key before they are stored.")
    yield {
        "plain": _("They go to the operator by ordinary e-mail, encrypted on the way only if the mail servers do so."),
        "pgp": _("They go to the operator by encrypted e-mail (OpenPGP)."),
        "notice": _("The e-mail to the operator says only that a message is waiting."),
    }[settings.CONTACT_MAIL]
    if settings.CONTACT_MAIL != "notice" and settings.CONTACT_REPLY_TO == "outside":
        yield _(
            "The sender's address for the answer is sealed beside each message with the server's own key, and stands "
            "readable in the head of the mail to the operator."
        )
    yield _("Technical data, signed consents and documents are sealed; the server cannot open them while it is locked.")
    yield _("The vault's key lies under a passphrase (Argon2id, {mib} MiB) and a printed recovery key.").format(
        mib=settings.VAULT_PASSPHRASE_COST["memory_kib"] // 1024
    )
    if vault.has_messages_lock():
        yield _("Messages and notes have a lock of their own, whose passphrase opens nothing else.")
    yield _("What persons write in requests about their data is sealed with the server's own key.")
    yield _("Backups are encrypted to the operator's OpenPGP key and signed.")
    if settings.HTTPS:
        yield _("The whole site is served encrypted (https), and browsers are told to accept nothing else.")


def _access() -> Iterator[str]:
    if settings.ADMIN_SECOND_FACTOR == "required":
        yield _("The administration asks for a password and a second factor.")
    else:
        yield _("The administration asks for a password; the second factor is voluntary.")
    yield _("After {n} wrong passwords it is shut for {minutes} minutes; a login lasts {hours} hours at most.").format(
        n=settings.AXES_FAILURE_LIMIT,
        minutes=round(settings.AXES_COOLOFF_TIME * 60),
        hours=settings.SESSION_COOKIE_AGE // (60 * MINUTE),
    )
    yield _(
        "The vault locks after {idle} idle minutes, after {longest} at the latest; {tries} tries in {within} minutes; "
        "every opening is told by mail."
    ).format(idle=_minutes(IDLE), longest=_minutes(ABSOLUTE), tries=TRIES, within=_minutes(TRIES_WITHIN))
    yield _("An account that is switched off, or gets another role or password, is out at once in every browser.")
    yield _("Who did what to whose data stands in an audit trail that holds no contents.")


def _minimisation() -> Iterator[str]:
    yield _("Neither IP addresses nor browser identifications are stored or logged by this software.")
    lifetime = spell_out(timedelta(seconds=settings.COOKIE_CONSENT_MAX_AGE))
    yield _("The site needs no cookie; the cookie with the visitor's choice lives {period}.").format(period=lifetime)
    yield _("Nothing is loaded from other sites before the visitor agrees.")
    yield _("What has had its time is erased every day, by a table of periods.")


def _integrity() -> Iterator[str]:
    yield _("Erasures are previewed, carried out exactly as previewed, proved, and never undone by a restore.")
    yield _("Sealed records that were moved or altered are refused.")
    yield _("Pages run no foreign scripts (Content-Security-Policy); forms are checked for their origin.")


def _availability() -> Iterator[str]:
    if settings.BACKUP_TARGETS:
        yield _(
            "Every day a backup goes to other media ({n}); it is read back, and goes after {days} days as soon as "
            "there is a newer one and the medium is connected."
        ).format(n=len(settings.BACKUP_TARGETS), days=settings.BACKUP_MAX_AGE_DAYS)
    if settings.BACKUP_UPLOAD_COMMAND:
        yield _("Every day an encrypted backup is carried to a storage provider.")
    if not (settings.BACKUP_TARGETS or settings.BACKUP_UPLOAD_COMMAND):
        yield _("No medium for backups is set up.")
    yield _("A message is stored before the sender is told that it arrived; mail is tried again for days.")


def _testing() -> Iterator[str]:
    yield _("The cockpit checks keys, mail, backups, deadlines and the erasure journal all the time.")
    yield _("It reminds of a trial restore every month.")


def _minutes(period: object) -> int:
    return int(period.total_seconds()) // MINUTE  # type: ignore[attr-defined]
