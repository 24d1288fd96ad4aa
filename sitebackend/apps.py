"""The project's own ground: cockpit, site settings, checks; and where the apps' registrations are found."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class SiteBackendConfig(AppConfig):
    name = "sitebackend"
    verbose_name = _("Operation")

    def ready(self) -> None:
        from sitebackend import audit, checks  # noqa: F401 - they register themselves
        from sitebackend.cockpit import mail, sessions  # noqa: F401 - the kinds of mail register themselves

        sessions.connect()
        autodiscover_modules("health")


class OperatorAdminConfig(AdminConfig):
    """Django's admin with the operator's cockpit as its site."""

    default_site = "sitebackend.admin_site.OperatorSite"
