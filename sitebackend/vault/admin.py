"""The vault's log in the admin: to read, not to change."""

from django.contrib import admin

from sitebackend.admin_site import ReadOnlyAdmin
from sitebackend.vault import views as views  # they hang themselves below /admin/
from sitebackend.vault.models import VaultEvent


@admin.register(VaultEvent)
class VaultEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "lock", "kind", "operator", "holding")
    list_display_links = None
    list_filter = ("lock", "kind", "at")
    list_select_related = ("operator",)
