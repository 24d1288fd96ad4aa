from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "sitebackend.pages"
    verbose_name = _("Website")

    def ready(self) -> None:
        from sitebackend.pages import upkeep  # noqa: F401 - registers itself
