"""The vault's pages below /admin/vault/, each behind the admin's door."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path

from sitebackend.vault import views

app_name = "vault"


def _page(route: str, view: Any, name: str) -> URLPattern:
    """A page that only those see whom the admin lets in."""
    page: URLPattern = path(route, admin.site.admin_view(view), name=name)
    return page


urlpatterns = [
    _page("", views.overview, "overview"),
    _page("set-up/", views.SetUp.as_view(), "set_up"),
    _page("unlock/", views.Unlock.as_view(), "unlock"),
    _page("lock/", views.lock, "lock"),
    _page("passphrase/", views.ChangePassphrase.as_view(), "passphrase"),
    _page("recovery-key/", views.RenewRecoveryKey.as_view(), "recovery_key"),
    _page("recovery-key/check/", views.ConfirmRecoveryKey.as_view(), "confirm_recovery_key"),
    _page("recover/", views.Recover.as_view(), "recover"),
    _page("rotate/", views.Rotate.as_view(), "rotate"),
    _page("messages/unlock/", views.UnlockMessages.as_view(), "unlock_messages"),
    _page("messages/set-up/", views.SetUpMessages.as_view(), "set_up_messages"),
    _page("messages/passphrase/", views.ChangeMessagesPassphrase.as_view(), "messages_passphrase"),
    _page("messages/rotate/", views.RotateMessages.as_view(), "rotate_messages"),
    _page("messages/take-away/", views.TakeAwayMessages.as_view(), "take_away_messages"),
]
