"""What happens where no page answers: an old address leads on, a dead link of our own is noted.

A visitor's wrong address is never stored, for people type names and numbers into addresses. Only what a page
of this site links to is (the browser says so by its Referer, which our policy keeps within the site).
"""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.defaults import page_not_found

from sitebackend.pages.models import DeadLink, Redirect


def handler(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The project's handler404."""
    if "\x00" in request.path:  # PostgreSQL cannot even be asked for it
        return page_not_found(request, exception)
    if request.method in ("GET", "HEAD") and (answer := _redirect(request)):
        return answer
    if _comes_from_here(request):
        DeadLink.objects.note(request.path[:200])
    return page_not_found(request, exception)


def _redirect(request: HttpRequest) -> HttpResponse | None:
    known = Redirect.objects.select_related("page").filter(path=request.path).first()
    destination = known.destination if known else None
    return redirect(destination, permanent=True) if destination else None


def _comes_from_here(request: HttpRequest) -> bool:
    try:
        referrer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # whatever it is, it is no address of ours
        return False
    return referrer.netloc == request.get_host() and not referrer.path.startswith("/admin/")
