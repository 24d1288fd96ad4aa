from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PapersConfig(AppConfig):
    """The papers that the law wants kept: the record of processing activities and the register of breaches."""

    name = "sitebackend.privacy.papers"
    label = "papers"
    verbose_name = _("Data protection papers")
