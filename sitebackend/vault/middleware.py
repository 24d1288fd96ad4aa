"""A page of the admin that needs the vault and cannot have it says why; it does not fail."""

import logging

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from sitebackend.crypto.sealing import SealingError
from sitebackend.middleware import GetResponse
from sitebackend.vault.errors import VaultError

logger = logging.getLogger(__name__)


class VaultRefusalMiddleware:
    """Answers 409 with the reason when a view below /admin/ lets a VaultError or SealingError through."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, VaultError | SealingError) or not request.path_info.startswith("/admin/"):
            return None
        if isinstance(exception, SealingError):
            logger.error("a sealed value does not open")
        altered = _("What lies here was altered or moved: it does not open. A backup may still hold it as it was.")
        reason = altered if isinstance(exception, SealingError) else str(exception)
        context = {**admin.site.each_context(request), "title": _("The vault refuses"), "reason": reason}
        return TemplateResponse(request, "vault/refused.html", context, status=409).render()
