"""What visitors and machines read: pages, robots.txt, security.txt."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from sitebackend.models import SiteSettings
from sitebackend.pages import theme
from sitebackend.pages.models import Page

SECURITY_TXT_VALID = timedelta(days=180)


@require_safe
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    found = get_object_or_404(Page.objects.published(), language=request.LANGUAGE_CODE, path=path)
    return show(request, found)


def show(request: HttpRequest, page: Page) -> HttpResponse:
    """`page` in its layout, whatever its state: the caller has decided who may see it."""
    context = {"page": page, "access_log": settings.ACCESS_LOG}
    return render(request, f"pages/{page.template}.html", context)


@require_safe
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
@gzip_page
def theme_file(request: HttpRequest, version: str, brand: str, accent: str) -> HttpResponse:
    if version != theme.version():
        raise Http404
    return HttpResponse(theme.style_sheet(brand, accent), content_type="text/css; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it where a page, such as the admin's, names no icon."""
    return redirect(static("img/icon.svg"))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Disallow: /admin/", "", f"Sitemap: {settings.SITE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116). Expires moves on with every answer, at midnight UTC."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: mailto:{SiteSettings.current().email}",
        f"Expires: {midnight + SECURITY_TXT_VALID:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: de, en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
