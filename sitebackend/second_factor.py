"""The operator's second factor: a code from the telephone, or one of the printed recovery codes.

What must never happen: somebody who has the password alone comes in, or gives an operator who has a second
factor another one. So a device counts only once it was confirmed by a code, whoever has one is asked for it
in every new session, and the set-up is open only to those who have none, or have just shown it.
"""

from base64 import b32encode
from typing import Any

import django_otp
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from sitebackend.models import Operator

RECOVERY_CODES = 10


def is_satisfied(user: Any) -> bool:
    """Whether this user, as the session knows them, needs no further factor to use the admin."""
    if getattr(user, "otp_device", None) is not None:
        return True
    return settings.ADMIN_SECOND_FACTOR == "optional" and not django_otp.user_has_device(user)


def is_missing(user: Any) -> bool:
    """Whether this user must set a second factor up before anything else."""
    return settings.ADMIN_SECOND_FACTOR == "required" and not django_otp.user_has_device(user)


def match(request: HttpRequest | None, operator: Operator, code: str) -> TOTPDevice | StaticDevice | None:
    """The operator's device that this code belongs to. A wrong code counts as a failed login."""
    typed = code.replace(" ", "").lower()
    device = django_otp.match_token(operator, typed) if typed else None
    if device is None:
        credentials = {"username": operator.get_username()}
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return device


def pending_device(operator: Operator) -> TOTPDevice:
    """The device that is being set up; it opens nothing before `confirm`."""
    device: TOTPDevice
    device, _made = TOTPDevice.objects.get_or_create(user=operator, confirmed=False, defaults={"name": "TOTP"})
    return device


def secret_of(device: TOTPDevice) -> str:
    """The secret for typing into the telephone, in groups of four."""
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@transaction.atomic
def confirm(*, request: HttpRequest, device: TOTPDevice) -> list[str]:
    """Let the pending device count, in place of any older; gives the new recovery codes, shown this once."""
    TOTPDevice.objects.filter(user=device.user).exclude(pk=device.pk).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    codes = renew_recovery_codes(operator=device.user)
    django_otp.login(request, device)
    return codes


@transaction.atomic
def renew_recovery_codes(*, operator: Operator) -> list[str]:
    """New printed codes; the old ones no longer work."""
    StaticDevice.objects.filter(user=operator).delete()
    device = StaticDevice.objects.create(user=operator, name="recovery codes")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes
