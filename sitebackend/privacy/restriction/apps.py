from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RestrictionConfig(AppConfig):
    """Its own app beside `sitebackend.privacy`: every room asks it before it uses a row."""

    name = "sitebackend.privacy.restriction"
    label = "restriction"
    verbose_name = _("Restrictions")

    def ready(self) -> None:
        from sitebackend.mail import kinds
        from sitebackend.privacy.restriction.models import Restriction

        kinds.hold_back(lambda: Restriction.objects.values_list("row", flat=True))
