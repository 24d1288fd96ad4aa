"""For whom a form of the admin was made: its CSRF token tells, however old it is.

What must never happen: what one person typed is carried out as the deed of another who signs in at the same
browser. So the secret behind the token, made anew at each login, is half random and half a keyed digest of that
half and the account. No cookie, row or session is needed to read it, so it also tells of forms whose session has
ended; and nobody without the server's secret makes one for an account that is not theirs.
"""

import hmac
import re
from typing import Any

from django.conf import settings
from django.contrib.auth import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.middleware.csrf import _unmask_cipher_token as secret_of  # type: ignore[attr-defined] # no public way
from django.utils.crypto import constant_time_compare, get_random_string

from sitebackend.models import Operator

_HALF = CSRF_SECRET_LENGTH // 2


@receiver(user_logged_in)
def make_secret(sender: Any, request: HttpRequest, user: Operator, **kwargs: Any) -> None:
    """In place of the one that Django has just made for this login; whatever checks it next sees it too."""
    random_half = get_random_string(_HALF)
    secret = random_half + _digest(random_half, user)
    request.META |= {"CSRF_COOKIE": secret, "CSRF_COOKIE_NEEDS_UPDATE": True}
    request.COOKIES[settings.CSRF_COOKIE_NAME] = secret


def owner_of(token: str) -> Operator | None:
    """The account that this token was made for; None if it was made before a login, or is none at all."""
    if not re.fullmatch(f"[A-Za-z0-9]{{{2 * CSRF_SECRET_LENGTH}}}", token):
        return None
    secret = secret_of(token)
    random_half, digest = secret[:_HALF], secret[_HALF:]
    operators = Operator.objects.filter(is_active=True)
    return next((one for one in operators if constant_time_compare(_digest(random_half, one), digest)), None)


def _digest(random_half: str, operator: Operator) -> str:
    message = f"form-owner|{random_half}|{operator.pk}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, "sha256").hexdigest()[:_HALF]
