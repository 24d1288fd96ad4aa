"""Files that arrive, as the customers' room keeps them: in memory (`sitebackend.uploads`), then sealed."""

from django.core.files.uploadedfile import UploadedFile

from customers.clear_file import ClearFile
from sitebackend.formats import file_types


def received(upload: "UploadedFile[bytes]") -> ClearFile:
    """The uploaded file, still in memory only; type and ending follow the content, not what the browser says."""
    content = upload.read()
    kind = file_types.media_type(content)
    return ClearFile(file_types.named_by(kind, upload.name or ""), kind, content)
