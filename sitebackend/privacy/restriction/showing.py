"""Restricted data are not looked at, unless somebody says why (Art. 18(2) GDPR); the audit trail keeps who and why.

What must never happen: a page shows restricted data to whoever merely comes by, or shows them again without being
asked again. So they stand in the answer to a form that names the reason, and nowhere else.
"""

from django.http import HttpRequest

from sitebackend import audit
from sitebackend.models import Act, Actor, Operator
from sitebackend.privacy.restriction.forms import ShowForm

FIELD = "show_because"


def asked_first(request: HttpRequest, *, by: Operator, kind: str, key: object) -> ShowForm | None:
    """The form that stands in the place of the data. None: the reason was said and noted, they may be shown."""
    form = ShowForm(request.POST if request.method == "POST" and FIELD in request.POST else None)
    if not form.is_valid():
        return form
    because = form.cleaned_data[FIELD]
    audit.note(Act.LOOKED, actor=Actor.OPERATOR, operator=by, kind=kind, key=key, reason=because)
    return None
