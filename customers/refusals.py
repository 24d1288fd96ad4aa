"""What the customers' room refuses; every message is a sentence for the operator and names no person."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Nothing was changed; `str()` says why and what to do."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))


class NoConsent(Refused):
    """There is no consent in force (or no recorded basis) for what was asked."""


class AppendOnly(Refused):
    """The row is part of a record that is added to, never changed."""


class Kept(Refused):
    """The row is kept by law or by a hold until a date that the message names."""


class Restricted(Refused):
    """The customer's data are kept and must not be used (Art. 18 GDPR)."""

    def __init__(self) -> None:
        super().__init__(_("The use of this customer's data is restricted. Lift the restriction first."))


class NotSilent(Refused):
    """Nobody asks whether this customer's data can go."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "There is nothing to answer: something was heard of this customer meanwhile, or the data are held for "
                "another reason. If they want to be erased, record a data-subject request."
            )
        )


class Changed(Refused):
    """What was previewed is no longer what is there."""
