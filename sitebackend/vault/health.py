"""What the operator must know of the vault."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend.findings import Finding, Level, report
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.monitoring import clock
from sitebackend.vault import services
from sitebackend.vault.errors import MessagesKeyChanged, NoMessagesLock, NoVault, VaultKeyChanged
from sitebackend.vault.mail import EVENT
from sitebackend.vault.models import KeySlot, Lock, VaultEvent

REFUSED_WITHIN = timedelta(days=1)
NOTICE_LATE_AFTER = timedelta(hours=1)

clock.witness_rows(VaultEvent, "at")


@report
def key(now: datetime) -> Iterator[Finding]:
    try:
        services.public_key()
    except NoVault as error:
        yield Finding(
            area=_("Vault"),
            level=Level.WARNING,
            text=str(error),
            next_step=_("Without it no technical record, evidence or billing file can be kept."),
            url=reverse("admin:vault_set_up"),
            code="vault.missing",
        )
    except VaultKeyChanged as error:
        yield Finding(
            area=_("Vault"),
            level=Level.ALARM,
            text=str(error),
            next_step=_("Compare the fingerprints: manage.py vault status."),
            url=reverse("admin:vault_overview"),
            code="vault.key_changed",
        )
    else:
        yield from _in_place()


def _in_place() -> Iterator[Finding]:
    if not settings.VAULT_FINGERPRINT:
        yield Finding(
            area=_("Vault"),
            level=Level.WARNING,
            text=_("The vault's key is not pinned."),
            next_step=_("Put its fingerprint into the settings: manage.py vault status shows the line."),
            url=reverse("admin:vault_overview"),
            code="vault.not_pinned",
        )
    # a vault for trying out has nothing to lose yet; an https site is in use
    if settings.HTTPS and not KeySlot.objects.confirmed_recovery().exists():
        yield Finding(
            area=_("Vault"),
            level=Level.WARNING,
            text=_("The recovery key was never typed back from the paper."),
            next_step=_("Type it back, or make a new one: whoever loses passphrase and recovery key loses everything."),
            url=reverse("admin:vault_confirm_recovery_key"),
            code="vault.recovery_key_unconfirmed",
        )
    yield _last_opening(_("Vault"), Lock.VAULT, code="vault.last_opened")


@report
def messages_key(now: datetime) -> Iterator[Finding]:
    """The lock for messages; a site without it hears nothing of it."""
    try:
        services.messages_public_key()
    except NoMessagesLock:
        if settings.VAULT_MESSAGES_FINGERPRINT:
            yield Finding(
                area=_("Lock for messages"),
                level=Level.WARNING,
                text=_("VAULT_MESSAGES_FINGERPRINT names a lock for messages that is not there."),
                next_step=_("If you took it away, take the line out of the settings. If not, read the vault's log."),
                url=reverse("admin:vault_overview"),
                code="vault.messages_missing",
            )
    except MessagesKeyChanged as error:
        yield Finding(
            area=_("Lock for messages"),
            level=Level.ALARM,
            text=str(error),
            next_step=_("Compare the fingerprints: manage.py vault status."),
            url=reverse("admin:vault_overview"),
            code="vault.messages_key_changed",
        )
    else:
        yield _last_opening(_("Lock for messages"), Lock.MESSAGES, code="vault.messages_last_opened")


def _last_opening(area: str, lock: Lock, *, code: str) -> Finding:
    last = VaultEvent.objects.filter(kind=VaultEvent.Kind.UNLOCKED, lock=lock).first()
    when = date_format(localtime(last.at), "SHORT_DATETIME_FORMAT") if last else ""
    return Finding(
        area=area,
        level=Level.FINE,
        text=_("last opened on {when}").format(when=when) if last else _("never opened so far"),
        url=reverse("admin:vault_vaultevent_changelist"),
        code=code,
    )


@report
def refused(now: datetime) -> Iterator[Finding]:
    count = VaultEvent.objects.filter(kind=VaultEvent.Kind.REFUSED, at__gt=now - REFUSED_WITHIN).count()
    if count:
        yield Finding(
            area=_("Vault"),
            level=Level.WARNING if count > 2 else Level.FINE,
            text=ngettext(
                "{count} wrong passphrase within a day", "{count} wrong passphrases within a day", count
            ).format(count=count),
            next_step=_("If that was not you, somebody uses your login: change its password."),
            url=reverse("admin:vault_vaultevent_changelist") + "?kind__exact=refused",
            code="vault.refused",
            figure=count,
        )


@report
def notices(now: datetime) -> Iterator[Finding]:
    unsent = OutgoingMail.objects.filter(kind=EVENT.name, queued_at__lt=now - NOTICE_LATE_AFTER).unsent()
    if late := unsent.exclude(state=State.UNCONFIRMED).count():
        yield Finding(
            area=_("Vault"),
            level=Level.WARNING,
            text=ngettext(
                "{count} notice about the vault could not be mailed.",
                "{count} notices about the vault could not be mailed.",
                late,
            ).format(count=late),
            next_step=_("See that the worker runs and that EMAIL_HOST names a mail server that takes them."),
            code="vault.notices",
            figure=late,
        )
