from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactConfig(AppConfig):
    name = "contact"
    verbose_name = _("Contact")

    def ready(self) -> None:
        from contact.models import Note, Preview, ReadingKey
        from sitebackend.vault import holdings

        holdings.register(Note, "sealed", context=lambda row: row.context, of_messages=True)
        holdings.register(Preview, "sealed", context=lambda row: row.context, of_messages=True)
        holdings.register(ReadingKey, "sealed_passphrase", context=lambda row: row.CONTEXT, of_messages=True)
