"""`{% vault_chip %}`: the vault's state in the admin's header, on every page. `{% ways_to_unlock locks %}`: links."""

from typing import Any

from django import template
from django.utils import timezone

from sitebackend.vault import services
from sitebackend.vault.errors import VaultKeyChanged
from sitebackend.vault.models import Lock, Vault
from sitebackend.vault.opened import OpenMessages

register = template.Library()


@register.inclusion_tag("vault/_chip.html", takes_context=True)
def vault_chip(context: Any) -> dict[str, Any]:
    """Open until when, locked, not set up, or altered; nothing for those who are not through the door, or whose
    role goes with no lock.
    """
    request = context["request"]
    shared = {"request": request, "csrf_token": context.get("csrf_token")}
    if not context.get("has_permission"):
        return {**shared, "state": ""}
    if not Vault.objects.exists():
        return {**shared, "state": "none" if services.may_open(request.user, Lock.VAULT) else ""}
    shared["locks"] = services.locks_of(request.user)
    try:
        vault = services.unlocked(request)
    except VaultKeyChanged as error:
        return {**shared, "state": "changed", "reason": error}
    if vault is None:
        return {**shared, "state": "locked" if shared["locks"] else ""}
    shared["only_messages"] = isinstance(vault, OpenMessages)
    seconds = int((vault.locks_at - timezone.now()).total_seconds())
    left = {"locks_at": vault.locks_at, "seconds": seconds, "minutes": round(seconds / 60)}
    return {**shared, "state": "open", **left}


@register.inclusion_tag("vault/_ways.html")
def ways_to_unlock(locks: list[Lock], following: str) -> dict[str, Any]:
    """A link for each lock that the operator may open, and back to the page that wants it."""
    return {"locks": locks, "following": following}
