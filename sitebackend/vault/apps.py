from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.utils.translation import gettext_lazy as _


class VaultConfig(AppConfig):
    name = "sitebackend.vault"
    verbose_name = _("Vault")

    def ready(self) -> None:
        from sitebackend.vault.signals import lock_at_logout

        user_logged_out.connect(lock_at_logout)
