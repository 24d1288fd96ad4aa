"""Uploaded downloads: a PDF is given out as it came, so it must be one.

What must never happen: a visitor's browser runs something that was uploaded here. So the bytes decide and not the
name, nothing but PDF is taken (an office file may carry macros, an archive anything), and `views.download` sends
the type with `nosniff`, under a policy that lets the answer load and run nothing on this site's behalf.
"""

import re
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST_BYTES = 20 * 2**20
_END = re.compile(rb"%%EOF\s*\Z")


def read(upload: IO[bytes]) -> bytes:
    """What was uploaded. Raises ValidationError for what is no whole PDF."""
    content = upload.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 20 MB."))
    if not content.startswith(b"%PDF-"):
        raise ValidationError(_("This is no PDF. Save it as PDF in the program that it comes from."))
    if not _END.search(content[-1024:].rstrip(b"\0")):
        raise ValidationError(_("The PDF is cut off or damaged."))
    return content
