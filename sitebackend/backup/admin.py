"""The backups in the cockpit: what was made, where it lies, what was tried. Nothing here is changed by hand,
but one thing: that a backup was restored for trial on another computer only the operator knows."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sitebackend.admin_site import ReadOnlyAdmin
from sitebackend.backup.models import Backup


@admin.register(Backup)
class BackupAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "standing", "megabytes", "lies_on", "drilled_at")
    fields = ("created_at", "name", "standing", "megabytes", "lies_on", "missing_on", "drilled_at", "sha256")
    actions = ("note_drill",)

    @admin.display(description=_("state"))
    def standing(self, backup: Backup) -> str:
        return backup.failure or str(_("whole, read back"))

    @admin.display(description=_("size"), ordering="size")
    def megabytes(self, backup: Backup) -> str:
        return f"{number_format(backup.size / 1e6, 1)} MB" if backup.size else "–"

    @admin.display(description=_("lies on"))
    def lies_on(self, backup: Backup) -> Any:
        return format_html_join(", ", "{}", ((medium,) for medium in backup.media)) or "–"

    @admin.display(description=_("missing on"))
    def missing_on(self, backup: Backup) -> Any:
        return format_html_join("; ", "{}", ((reason,) for reason in backup.missed.values())) or "–"

    def has_note_drill_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("backup.change_backup")  # the list itself changes nothing

    @admin.action(description=_("Note: restored for trial today, elsewhere"), permissions=["note_drill"])
    def note_drill(self, request: HttpRequest, backups: QuerySet[Backup]) -> None:
        count = backups.filter(verified_at__isnull=False).update(drilled_at=timezone.now())
        words = ngettext("{count} trial restore noted.", "{count} trial restores noted.", count)
        self.message_user(request, words.format(count=count))
