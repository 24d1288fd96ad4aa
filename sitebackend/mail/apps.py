from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    """The outbox. Each app says in its `mail.py` what kinds of mail it sends, found the way `admin.py` is found."""

    name = "sitebackend.mail"
    verbose_name = _("Outgoing mail")

    def ready(self) -> None:
        autodiscover_modules("mail")
