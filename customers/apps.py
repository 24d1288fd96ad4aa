from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers.models import Archive, Customer
        from sitebackend.vault import holdings

        holdings.register(Customer, "sealed_private_key", context=lambda row: row.key_context)
        holdings.register(Archive, "sealed_private_key", context=lambda row: row.key_context)
