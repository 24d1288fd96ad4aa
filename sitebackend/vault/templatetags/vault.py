"""`{% vault_chip %}`: the vault's state in the admin's header, on every page."""

from typing import Any

from django import template
from django.utils import timezone

from sitebackend.vault import services
from sitebackend.vault.errors import VaultKeyChanged
from sitebackend.vault.models import Vault

register = template.Library()


@register.inclusion_tag("vault/_chip.html", takes_context=True)
def vault_chip(context: Any) -> dict[str, Any]:
    """Open until when, locked, not set up, or altered; nothing for those who are not through the door."""
    request = context["request"]
    shared = {"request": request, "csrf_token": context.get("csrf_token")}
    if not context.get("has_permission"):
        return {**shared, "state": ""}
    if not Vault.objects.exists():
        return {**shared, "state": "none"}
    try:
        vault = services.opened(request)
    except VaultKeyChanged as error:
        return {**shared, "state": "changed", "reason": error}
    if vault is None:
        return {**shared, "state": "locked"}
    seconds = int((vault.locks_at - timezone.now()).total_seconds())
    left = {"locks_at": vault.locks_at, "seconds": seconds, "minutes": round(seconds / 60)}
    return {**shared, "state": "open", **left}
