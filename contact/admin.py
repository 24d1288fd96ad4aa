"""The inbox: what came in, where its mail stands, and the ciphertext to take away."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from contact.models import Submission
from sitebackend.admin_site import OperatorModelAdmin


@admin.register(Submission)
class SubmissionAdmin(OperatorModelAdmin):
    list_display = ["reference", "received_at", "delivery", "verdict", "channel", "done_at"]
    list_filter = ["delivery", "verdict", "channel", ("done_at", admin.EmptyFieldListFilter)]
    show_full_result_count = False
    date_hierarchy = None
    fields = [
        "reference",
        "received_at",
        "channel",
        "verdict",
        "reasons",
        "delivery",
        "attempts",
        "next_attempt_at",
        "last_reply",
        "sent_at",
        "done_at",
        "ciphertext",
    ]
    readonly_fields = fields

    @admin.display(description="OpenPGP")
    def ciphertext(self, submission: Submission) -> str:
        return submission.message.armoured

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
