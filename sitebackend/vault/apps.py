from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.utils.translation import gettext_lazy as _


class VaultConfig(AppConfig):
    name = "sitebackend.vault"
    verbose_name = _("Vault")

    def ready(self) -> None:
        from sitebackend.cockpit.sessions import sessions_ended
        from sitebackend.vault import holdings
        from sitebackend.vault.models import Vault
        from sitebackend.vault.signals import lock_at_end_of_sessions, lock_at_logout

        holdings.register(Vault, "sealed_private_key", context=lambda row: row.key_context)
        user_logged_out.connect(lock_at_logout)
        sessions_ended.connect(lock_at_end_of_sessions)
