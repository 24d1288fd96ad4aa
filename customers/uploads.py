"""Files that arrive, as the customers' room keeps them: in memory (`sitebackend.uploads`), then sealed."""

from django.core.files.uploadedfile import UploadedFile

from customers.clear_file import ClearFile


def received(upload: "UploadedFile[bytes]") -> ClearFile:
    """The uploaded file, still in memory only."""
    return ClearFile(upload.name or "file", upload.content_type or "application/octet-stream", upload.read())
