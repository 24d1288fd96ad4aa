"""Columns for what has a format of its own."""

from typing import Any

from django.db import models

from sitebackend.formats import email_address
from sitebackend.formats.fields import EmailAddressField as FormField
from sitebackend.formats.fields import check_ascii_before_at, check_email_address


class EmailAddressField(models.EmailField):  # type: ignore[type-arg]
    """An e-mail address for reading. In the database, and for migrations, it is Django's column."""

    default_validators = [check_email_address]

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Without the signs that nobody sees, also where no form was in between: an import, a command."""
        return super().clean(email_address.without_invisible_signs(value) if value else value, model_instance)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": FormField, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs


class OwnAddressField(EmailAddressField):
    """An address of those who run the site."""

    default_validators = [check_email_address, check_ascii_before_at]
