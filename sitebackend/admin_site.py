"""The operator's cockpit: Django's admin, with what is due today on its index page."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class OperatorSite(AdminSite):
    site_header = _("Cockpit")
    site_title = _("Cockpit")
    index_title = _("Today")
