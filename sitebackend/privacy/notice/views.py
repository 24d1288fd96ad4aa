"""The notices that stood before: who agreed to something can read what it said then."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from sitebackend.privacy.notice.models import NoticeVersion


@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    found = NoticeVersion.objects.filter(language=get_language())
    return render(request, "privacy/notice/versions.html", {"versions": found})


@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    found = get_object_or_404(NoticeVersion, language=get_language(), number=number)
    return render(request, "privacy/notice/version.html", {"version": found})
