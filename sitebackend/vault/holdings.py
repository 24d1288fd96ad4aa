"""What is sealed to the vault's own key, so that a rotation reaches all of it.

Whoever keeps such a value in a field registers it where the model is defined or the app gets ready:

    holdings.register(Customer, "sealed_private_key", context=lambda row: f"customer-key|{row.pk}")

Values sealed to a holder's key (a customer's, the archive's) are not registered: only the holder's private half.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models

from sitebackend.crypto import sealing

BATCH = 500  # rows written at once


@dataclass(frozen=True, slots=True)
class Holding:
    """One field whose values are sealed to the vault."""

    model: type[models.Model]
    field: str
    context: Callable[[Any], str]

    def count(self) -> int:
        return self._filled().count()

    def reseal(self, private: bytes, public: bytes) -> int:
        """Seal every value to `public` instead; gives their number.

        Raises sealing.SealingError; call it in a transaction, so that then nothing has changed.
        """
        keys = list(self._filled().order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            rows = list(self._filled().filter(pk__in=keys[start : start + BATCH]).only("pk", self.field))
            for row in rows:
                setattr(row, self.field, self._resealed(row, private, public))
            self.model._base_manager.bulk_update(rows, [self.field])
        return len(keys)

    def _filled(self) -> models.QuerySet[Any]:
        return self.model._base_manager.exclude(**{self.field: None}).exclude(**{self.field: b""})

    def _resealed(self, row: models.Model, private: bytes, public: bytes) -> bytes:
        context = self.context(row)
        clear = sealing.unseal(private, getattr(row, self.field), context=context)
        return sealing.seal(public, clear, context=context)


_holdings: list[Holding] = []


def register(model: type[models.Model], field: str, *, context: Callable[[Any], str]) -> None:
    """Name a field whose values are sealed to the vault; `context` gives the one each was sealed in."""
    _holdings.append(Holding(model, field, context))


def registered() -> tuple[Holding, ...]:
    return tuple(_holdings)
