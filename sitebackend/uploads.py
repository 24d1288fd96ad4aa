"""Uploads that never touch the disk: held in memory up to a limit.

Django writes larger uploads to the system's folder for temporary files, where a deleted scan can be read
for months. Views that take anybody's files are decorated with `in_memory`; what is larger than the limit is
dropped as it arrives, and `tell_too_large` has the form say so: not that there was none, nor nothing at all.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.forms import BaseForm
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

LARGEST = 10 * 1024 * 1024  # bytes

_TOO_LARGE = "sitebackend.too_large"  # of a request: the fields whose files were dropped, and how large one may be

View = Callable[..., HttpResponseBase]


class InMemoryHandler(MemoryFileUploadHandler):
    """Takes every file, whatever FILE_UPLOAD_MAX_MEMORY_SIZE says, and drops those that grow too large."""

    def __init__(self, request: HttpRequest, largest: int = LARGEST) -> None:
        super().__init__(request)
        self.largest = largest
        self.too_large: dict[str, int] = request.META.setdefault(_TOO_LARGE, {})

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > self.largest:
            self.file.truncate(0)
            self.activated = False
            self.too_large[str(self.field_name)] = self.largest
        return super().receive_data_chunk(raw_data, start) if self.activated else None


def tell_too_large(form: BaseForm, request: HttpRequest) -> None:
    """Have the form say which of its files were dropped, in the place of whatever else it says of them."""
    for sent_as, largest in request.META.get(_TOO_LARGE, {}).items():
        for name in form.fields:
            if form.add_prefix(name) == sent_as:
                form.errors.pop(name, None)
                words = _("The file is larger than {megabytes} MB, and was not taken.")
                form.add_error(name, words.format(megabytes=largest // 2**20))


def in_memory(view: View, largest: int = LARGEST) -> View:
    """Decorator; `largest` in bytes.

    The token is checked after the handler is in place, for checking reads the request's body.
    """
    protected = csrf_protect(view)

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.upload_handlers = [InMemoryHandler(request, largest)]
        return protected(request, *args, **kwargs)

    return csrf_exempt(inner)
