"""Leaving the admin closes the vault; so does an account that is switched off or whose role changes."""

from typing import Any
from uuid import UUID

from sitebackend.models import Operator
from sitebackend.vault import services


def lock_at_logout(sender: Any, user: Operator | None, **kwargs: Any) -> None:
    if user is not None:
        services.lock(operator=user)


def lock_at_end_of_sessions(sender: Any, operator: UUID, **kwargs: Any) -> None:
    for account in Operator.objects.filter(pk=operator):
        services.lock(operator=account)
