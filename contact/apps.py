from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactConfig(AppConfig):
    name = "contact"
    verbose_name = _("Contact")

    def ready(self) -> None:
        from contact.models import MessageFeatures, Note, Preview, ReadingKey
        from contact.spam import learning
        from sitebackend.vault import at_unlock, holdings

        holdings.register(Note, "sealed", context=lambda row: row.context, of_messages=True)
        holdings.register(Preview, "sealed", context=lambda row: row.context, of_messages=True)
        holdings.register(MessageFeatures, "sealed", context=lambda row: row.context, of_messages=True)
        at_unlock.register(learning.catch_up)
        holdings.register(ReadingKey, "sealed_passphrase", context=lambda row: row.CONTEXT, of_messages=True)
