"""Two questions that a monitor asks: does the process answer, and can it take a submission?

Anybody may ask, so the answers hold codes only: no versions, no paths, no figures.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sitebackend import findings


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is looked at."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if a submission can be taken now, else 503 with the codes of what is in the way.

    `mail` names what holds up the operator's mails, `degraded` what else is out of order on the way of a submission;
    they are taken all the same.
    """
    found = findings.collect(timezone.now())
    codes = sorted({finding.code for finding in found if finding.stops_intake})
    mail = sorted({finding.code for finding in found if finding.holds_up_mail})
    degraded = sorted({finding.code for finding in found if finding.degrades_intake})
    answer = {"ready": not codes, "codes": codes, "mail": mail, "degraded": degraded}
    return JsonResponse(answer, status=503 if codes else 200)
