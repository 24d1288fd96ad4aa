"""System checks: what can be known to be wrong before anybody is served.

`serve` runs all of them and stops at an error. What only matters once the site is in real use is a
deployment check: `manage.py check --deploy` and `serve` show it, other commands stay quiet.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.utils.translation import gettext as _

from sitebackend import operator_key
from sitebackend.retention import STATUTORY_BILLING_YEARS
from sitebackend.system import data_owner

SITE = "sitebackend"
TRIAL_KEY = "Probeschlüssel"  # stands in the user id of the key that quickstart makes
LONGEST_CHOICE = 24 * 60 * 60  # seconds: the cookie choice lives one day (S4)
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}

_Check = Callable[..., Iterator[CheckMessage]]


def _site_check(*tags: str, deploy: bool = False) -> Callable[[_Check], _Check]:
    def add(function: _Check) -> _Check:
        def check(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
            return list(function(**kwargs))

        register(check, SITE, *tags, deploy=deploy)
        return function

    return add


@_site_check()
def retention(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.BILLING_RETENTION_YEARS < STATUTORY_BILLING_YEARS:
        yield Error(
            _("BILLING_RETENTION_YEARS is shorter than the law allows."),
            hint=_("Set it to {years} or more; ten is what the privacy notice promises.").format(
                years=STATUTORY_BILLING_YEARS
            ),
            id="sitebackend.E001",
        )


@_site_check()
def names(**kwargs: Any) -> Iterator[CheckMessage]:
    for name in settings.SETTINGS_UNKNOWN:
        meant = get_close_matches(name, settings.SETTING_NAMES, n=1)
        yield Warning(
            _("{file} names {name}, which is no setting; it does nothing.").format(file=settings.ENV_FILE, name=name),
            hint=_("Is {name} meant?").format(name=meant[0]) if meant else _("README lists all settings."),
            id="sitebackend.W010",
        )


@_site_check()
def cookie_age(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.COOKIE_CONSENT_MAX_AGE > LONGEST_CHOICE:
        yield Error(
            _("The cookie choice would live longer than one day."),
            hint=_("Set COOKIE_CONSENT_MAX_AGE to 86400 or less."),
            id="sitebackend.E002",
        )


@_site_check(Tags.database)
def pragmas(*, databases: Sequence[str] | None = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """What the thanks page promises and erasure relies on is read back from the database itself."""
    for alias in databases or ():
        if connections[alias].vendor != "sqlite":
            continue
        with connections[alias].cursor() as cursor:
            for name, wanted in PRAGMAS.items():
                found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
                if found != wanted:
                    yield Error(
                        _("SQLite has {name} = {found}, not {wanted}.").format(name=name, found=found, wanted=wanted),
                        hint=_("Keep the database on a local disk; network drives do not support it."),
                        id="sitebackend.E003",
                    )


@_site_check(deploy=True)
def key(**kwargs: Any) -> Iterator[CheckMessage]:
    try:
        certificates = operator_key.usable_certificates()
    except operator_key.OperatorKeyUnusable as error:
        yield Warning(
            _("No submission can be taken: {reason}").format(reason=error),
            hint=_("Put a valid public key into place: manage.py operator_key import FILE."),
            id="sitebackend.W001",
        )
        return
    trial = any(TRIAL_KEY in name for certificate in certificates for name in certificate.user_ids)
    if settings.HTTPS and trial:
        yield Warning(
            _("Submissions are encrypted to the key for trying out, whose secret half lies on this server."),
            hint=_("Make a key pair on your own computer; then manage.py operator_key import FILE."),
            id="sitebackend.W002",
        )


@_site_check(deploy=True)
def secret_key(**kwargs: Any) -> Iterator[CheckMessage]:
    for path in operator_key.secret_key_files():
        yield Error(
            _("OPERATOR_KEY_FILE names a secret key: {path}.").format(path=path),
            hint=_("Put the public certificate there instead: gpg --export --armor YOUR-ADDRESS."),
            id="sitebackend.E010",
        )


@_site_check(deploy=True)
def mail(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and not settings.SENDS_MAIL:
        yield Warning(
            _("Mail goes to files, to nobody."),
            hint=_("Set EMAIL_URL, for example smtp+tls://user:password@mail.example.de:587"),
            id="sitebackend.W003",
        )
    if settings.HTTPS and settings.OPERATOR_EMAIL.endswith("@example.de"):
        yield Warning(
            _("OPERATOR_EMAIL is still the example."),
            hint=_("Set it to the address that submissions go to."),
            id="sitebackend.W004",
        )


@_site_check(deploy=True)
def backup(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and not settings.BACKUP_TARGETS:
        yield Warning(
            _("Nothing is backed up: BACKUP_TARGETS is empty."),
            hint=_("Name a folder on another medium, for example BACKUP_TARGETS=/media/usb/backups"),
            id="sitebackend.W005",
        )
    for target in settings.BACKUP_TARGETS:
        if _same_disk(target):
            yield Warning(
                _("The backup folder {folder} is on the same disk as the data.").format(folder=target),
                hint=_("Name a folder on another medium; check that it is mounted."),
                id="sitebackend.W006",
            )


@_site_check(deploy=True)
def proxy(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield Warning(
            _("No web server in front is trusted: only https served by `serve --certificate` will work."),
            hint=_("Behind a web server on this machine, set TRUSTED_PROXIES=127.0.0.1/32"),
            id="sitebackend.W007",
        )


@_site_check(deploy=True)
def second_factor(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.HTTPS and settings.ADMIN_SECOND_FACTOR != "required":
        yield Warning(
            _("The admin opens with a password alone."),
            hint=_("Set ADMIN_SECOND_FACTOR=required"),
            id="sitebackend.W008",
        )


@_site_check(deploy=True)
def permissions(**kwargs: Any) -> Iterator[CheckMessage]:
    if settings.DATA_DIR.exists() and settings.DATA_DIR.stat().st_mode & 0o077:
        yield Warning(
            _("Others on this machine may look into {folder}.").format(folder=settings.DATA_DIR),
            hint=f"chmod 700 {settings.DATA_DIR}",
            id="sitebackend.W009",
        )


@_site_check(deploy=True)
def owners(**kwargs: Any) -> Iterator[CheckMessage]:
    also = [settings.DATABASE_FILE] if settings.DATABASE_FILE else []
    if strays := data_owner.strays(settings.DATA_DIR, also):
        yield Warning(
            _("{path} belongs to another account.").format(path=strays[0]),
            hint=data_owner.taken_back(settings.DATA_DIR, also),
            id="sitebackend.W011",
        )


def _same_disk(target: Path) -> bool:
    """True if the folder, or what would have to be made for it, lies where the data lies."""
    existing = next(folder for folder in (target, *target.parents) if folder.exists())
    return settings.DATA_DIR.exists() and existing.stat().st_dev == settings.DATA_DIR.stat().st_dev
