from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "sitebackend.privacy"
    verbose_name = _("Privacy")

    def ready(self) -> None:
        from sitebackend.mail import kinds
        from sitebackend.privacy import rehearsal

        autodiscover_modules("personal_data")
        kinds.hold_back(rehearsal.held_rows)
