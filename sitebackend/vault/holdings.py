"""What is sealed to the keys of the vault and of the lock for messages, so that another key reaches all of it.

Whoever keeps such a value in a field registers it where the model is defined or the app gets ready:

    holdings.register(Customer, "sealed_private_key", context=lambda row: f"customer-key|{row.pk}")
    holdings.register(Note, "sealed", context=lambda row: row.context, of_messages=True)

Values of messages are sealed to the lock for messages once that is set up, to the vault until then: all of them
or none, for they change the lock in one transaction. Values sealed to a holder's key (a customer's, the archive's)
are not registered: only the holder's private half.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models

from sitebackend.crypto import sealing
from sitebackend.vault.models import Lock, Vault

BATCH = 500  # rows written at once


@dataclass(frozen=True, slots=True)
class Holding:
    """One field whose values are sealed to the vault, or to the lock for messages."""

    model: type[models.Model]
    field: str
    context: Callable[[Any], str]
    of_messages: bool = False

    def count(self) -> int:
        return self._filled().count()

    def reseal(self, private: bytes, public: bytes, *, lock: Lock = Lock.VAULT, to: Lock = Lock.VAULT) -> int:
        """Seal every value, which `private` opens under `lock`, to `public` under `to`; gives their number.

        Raises sealing.SealingError; call it in a transaction, so that then nothing has changed.
        """
        keys = list(self._filled().order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            rows = list(self._filled().filter(pk__in=keys[start : start + BATCH]).only("pk", self.field))
            for row in rows:
                context = self.context(row)
                clear = sealing.unseal(private, getattr(row, self.field), context=lock.bound(context))
                setattr(row, self.field, sealing.seal(public, clear, context=to.bound(context)))
            self.model._base_manager.bulk_update(rows, [self.field])
        return len(keys)

    def _filled(self) -> models.QuerySet[Any]:
        return self.model._base_manager.exclude(**{self.field: None}).exclude(**{self.field: b""})


_holdings: list[Holding] = []


def register(
    model: type[models.Model], field: str, *, context: Callable[[Any], str], of_messages: bool = False
) -> None:
    """Name a field whose values are sealed; `context` gives the one each was sealed in."""
    _holdings.append(Holding(model, field, context, of_messages))


def registered() -> tuple[Holding, ...]:
    return tuple(_holdings)


def of_messages() -> tuple[Holding, ...]:
    """What the lock for messages opens, once it is set up."""
    return tuple(holding for holding in _holdings if holding.of_messages)


def of_vault() -> tuple[Holding, ...]:
    """What is sealed to the vault's own key now."""
    has_lock = Vault.objects.of(Lock.MESSAGES).exists()
    return tuple(holding for holding in _holdings if not (has_lock and holding.of_messages))
