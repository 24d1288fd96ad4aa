"""What visitors and machines read: pages, robots.txt, security.txt."""

import math
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import etag, require_safe

from sitebackend.models import SiteSettings
from sitebackend.pages import fast_path, preview, theme
from sitebackend.pages.models import Category, Download, Image, Page

POSTS_PER_PAGE = 10
LONGEST_SEARCH = 100  # characters
PICTURE_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}
SECURITY_TXT_VALID = timedelta(days=180)


@require_safe
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    found = get_object_or_404(Page.objects.published(), language=request.LANGUAGE_CODE, path=path)
    response = _show(request, found)
    response.headers["Cache-Control"] = "no-cache"  # browsers keep it and ask whether it still holds
    fast_path.keep(request, until=Page.objects.next_change())
    return response


@require_safe
@never_cache
def preview_of(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link sees the page, whatever its state; no search engine and no cache keeps it."""
    found = preview.page_of(token)
    if found is None:
        raise Http404
    response = _show(request, found, is_preview=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _show(request: HttpRequest, page: Page, *, is_preview: bool = False) -> HttpResponse:
    """`page` in its layout: the caller has decided who may see it."""
    context = {"page": page, "access_log": settings.ACCESS_LOG, "is_preview": is_preview}
    if page.template == Page.Template.POSTS:
        context |= _posts(request, page)
    return render(request, f"pages/{page.template}.html", context)


@gzip_page
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    longest = LONGEST_SEARCH if len(query) > LONGEST_SEARCH else None  # what was asked for is not cut to something else
    found = Page.objects.matching(query, request.LANGUAGE_CODE) if query and not longest else []
    return render(request, "pages/search.html", {"query": query, "found": found, "longest": longest})


def _posts(request: HttpRequest, page: Page) -> dict[str, Any]:
    topics = Category.objects.filter(language=page.language)
    topic = topics.filter(slug=request.GET.get("thema", "")).first()
    posts = page.visible_posts().filter(categories=topic) if topic else page.visible_posts()
    paginator = Paginator(posts.prefetch_related("categories"), POSTS_PER_PAGE)
    return {"topics": topics, "topic": topic, "posts": paginator.get_page(request.GET.get("seite"))}


@require_safe
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
def theme_file(request: HttpRequest, version: str, brand: str, accent: str) -> HttpResponse:
    if version != theme.version():
        raise Http404
    if request.path == theme.url(SiteSettings.current()):  # colours that nobody chose are not worth the memory
        fast_path.keep(request, until=math.inf)
    return HttpResponse(theme.style_sheet(brand, accent), content_type="text/css; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
def picture(request: HttpRequest, name: str) -> FileResponse:
    """A picture never changes under its name: another upload has another key."""
    try:
        stored = (Image.folder() / name).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(stored, content_type=PICTURE_TYPES[name.rpartition(".")[2]])


def _digest(request: HttpRequest, name: str) -> str | None:
    digest = Download.objects.filter(name=name).values_list("digest", flat=True).first()
    return f'"{digest}"' if digest else None


@require_safe
@cache_control(no_cache=True)  # another file may take its place
@etag(_digest)
def download(request: HttpRequest, name: str) -> FileResponse:
    """The PDF, to be shown or kept by whatever the visitor has for it."""
    known = get_object_or_404(Download, name=name)
    try:
        stored = known.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(stored, content_type="application/pdf", filename=f"{known.name}.pdf")


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
        f"Contact: mailto:{SiteSettings.current().wire_email}",
        f"Expires: {midnight + SECURITY_TXT_VALID:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: de, en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
