"""The outbox in the admin: to read, and to say what becomes of what did not go out. Nothing here opens a mail."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sitebackend.admin_site import ReadOnlyAdmin
from sitebackend.mail import kinds, services
from sitebackend.mail.models import OutgoingMail, OutgoingMailQuerySet


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.name, kind.label) for kind in kinds.registered()]

    def queryset(self, request: HttpRequest, mails: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        return mails.filter(kind=self.value()) if self.value() else mails


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    list_display = ("queued_at", "what", "state", "attempts", "next_attempt_at", "last_reply", "sent_at")
    list_display_links = None
    list_filter = ("state", KindFilter)
    show_full_result_count = False
    actions = ("send_again", "confirm", "give_up")

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Asked by the actions: whoever may only look sends nothing."""
        return request.user.has_perm("mail.change_outgoingmail")

    @admin.display(description=_("kind"))
    def what(self, mail: OutgoingMail) -> str:
        return str(mail.sort.label)

    @admin.action(description=_("Send"), permissions=["send"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[OutgoingMail]) -> None:
        self._say(request, services.release(mails=cast("OutgoingMailQuerySet", chosen), now=timezone.now()))

    @admin.action(description=_("It arrived: note it as sent"), permissions=["send"])
    def confirm(self, request: HttpRequest, chosen: QuerySet[OutgoingMail]) -> None:
        self._say(request, services.confirm(mails=cast("OutgoingMailQuerySet", chosen), now=timezone.now()))

    @admin.action(description=_("Give up: do not send"), permissions=["send"])
    def give_up(self, request: HttpRequest, chosen: QuerySet[OutgoingMail]) -> None:
        self._say(request, services.give_up(mails=cast("OutgoingMailQuerySet", chosen)))

    def _say(self, request: HttpRequest, count: int) -> None:
        done = ngettext("{count} mail changed.", "{count} mails changed.", count).format(count=count)
        self.message_user(request, done, messages.SUCCESS if count else messages.WARNING)
