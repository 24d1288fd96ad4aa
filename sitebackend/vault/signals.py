"""Leaving the admin closes the vault."""

from typing import Any

from sitebackend.models import Operator
from sitebackend.vault import services


def lock_at_logout(sender: Any, user: Operator | None, **kwargs: Any) -> None:
    if user is not None:
        services.lock(operator=user)
