"""The vault's log in the admin: to read, not to change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.vault.models import VaultEvent


@admin.register(VaultEvent)
class VaultEventAdmin(OperatorModelAdmin):
    list_display = ("at", "kind", "operator", "holding")
    list_display_links = None
    list_filter = ("kind", "at")
    list_select_related = ("operator",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
