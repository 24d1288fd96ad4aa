"""The fields of a public form, or why there are none.

What must never happen: a text that a person typed is lost because it is longer than the form takes. So more is read
(DATA_UPLOAD_MAX_MEMORY_SIZE) than the longest form has, for the form itself to say how much is too much, with all of
it still there; and what is larger than that is refused as a whole.
"""

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError


class UnreadableFormError(Exception):
    """There are no fields to be had; `status` says why: 413 too large, 400 it makes no sense."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class NoFiles(FileUploadHandler):
    """A form without files: what comes as one is read past, so that nothing of it reaches a disk."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


def read(request: HttpRequest) -> QueryDict:
    """The posted fields. Raises UnreadableFormError."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise UnreadableFormError(413)
    request.upload_handlers = [NoFiles(request)]
    request.encoding = "utf-8"  # whatever the sender claims: other codings can spell what cannot be stored
    try:
        return request.POST
    except RequestDataTooBig as error:
        raise UnreadableFormError(413) from error
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError) as error:
        raise UnreadableFormError(400) from error


def typed(request: HttpRequest) -> dict[str, str]:
    """The same, to be shown once more and not carried out; nothing if there are no fields to be had."""
    try:
        fields = read(request)
    except UnreadableFormError:
        return {}
    return {name: str(fields[name]) for name in fields}
