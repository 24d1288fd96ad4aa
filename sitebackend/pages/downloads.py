"""Uploaded downloads: a PDF is given out as it came, so it must be one.

What must never happen: a visitor's browser runs something that was uploaded here. So the bytes decide and not the
name, nothing but PDF is taken (an office file may carry macros, an archive anything), and `views.download` sends
the type with `nosniff`, under a policy that lets the answer load and run nothing on this site's behalf.
"""

from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sitebackend.formats import file_types

MOST_BYTES = 20 * 2**20


def read(upload: IO[bytes]) -> bytes:
    """What was uploaded. Raises ValidationError for what is no whole PDF."""
    content = upload.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 20 MB."))
    try:
        file_types.check(content, (file_types.PDF,))
    except file_types.FileError as error:
        raise ValidationError(str(error)) from error
    return content
