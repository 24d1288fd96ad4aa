"""What every form of an answer says in the same words."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: of registry.Description, in the order in which they are told
_LABELS: dict[str, str | Promise] = {
    "categories": gettext_lazy("Categories"),
    "purposes": gettext_lazy("Purposes"),
    "legal_basis": gettext_lazy("Legal basis"),
    "recipients": gettext_lazy("Recipients"),
    "retention": gettext_lazy("Kept for"),
    "origin": gettext_lazy("Source"),
    "location": gettext_lazy("Stored in"),
}
ABOUT = tuple(_LABELS)


def labels() -> dict[str, str]:
    """What each part of a holding's description is called."""
    return {name: str(label) for name, label in _LABELS.items()}


def your_rights(where_to_complain: str) -> str:
    """Art. 15(1)(e), (f) and (h) GDPR. `where_to_complain`: as `SiteSettings` says it."""
    told = _(
        "You may have data corrected (Art. 16 GDPR), erased (Art. 17) or restricted (Art. 18), receive them in a "
        "machine-readable format (Art. 20), object to their use (Art. 21) and withdraw a consent at any time "
        "(Art. 7(3)). No decisions are made automatically."
    )
    return f"{told} {where_to_complain}"
