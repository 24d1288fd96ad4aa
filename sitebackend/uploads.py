"""Uploads that never touch the disk: held in memory up to a limit.

Django writes larger uploads to the system's folder for temporary files, where a deleted scan can be read
for months. Views that take anybody's files are decorated with `in_memory`; what is larger than the limit is
dropped as it arrives, and the form says that no file came.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

LARGEST = 10 * 1024 * 1024  # bytes

View = Callable[..., HttpResponseBase]


class InMemoryHandler(MemoryFileUploadHandler):
    """Takes every file, whatever FILE_UPLOAD_MAX_MEMORY_SIZE says, and drops those that grow too large."""

    def __init__(self, request: HttpRequest, largest: int = LARGEST) -> None:
        super().__init__(request)
        self.largest = largest

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > self.largest:
            self.file.truncate(0)
            self.activated = False
        return super().receive_data_chunk(raw_data, start) if self.activated else None


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
