from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class NoticeConfig(AppConfig):
    """Its own app beside `sitebackend.privacy`, so that its versions can be read without the requests' models."""

    name = "sitebackend.privacy.notice"
    label = "notice"
    verbose_name = _("Privacy notice")

    def ready(self) -> None:
        from sitebackend.privacy.notice import facts, recipients  # noqa: F401 - they register themselves

        autodiscover_modules("notice")
