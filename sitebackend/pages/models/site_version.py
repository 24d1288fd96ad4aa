from uuid import uuid4

from django.db import models


class SiteVersion(models.Model):
    """One row: a random token for the present state of the site. Random, so that a restore cannot repeat one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    token = models.UUIDField(default=uuid4)

    def __str__(self) -> str:
        return self.token.hex
