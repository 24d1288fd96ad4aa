"""Uploaded pictures, made harmless.

What must never happen: a file that somebody uploaded is given out as it came. It may carry the place where a
photo was taken, a second file behind the picture, a script (SVG), or more pixels than memory. So the size is
judged before anything is unpacked, only three formats are decoded, and what is stored is encoded anew from
the bare pixels.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image as Pillow
from PIL import ImageOps

from sitebackend.pages.models import Image

MOST_BYTES = 15 * 2**20
MOST_PIXELS = 40_000_000  # a 40-megapixel photo: about 120 MB unpacked
FORMATS = ("JPEG", "PNG", "WEBP")


def read(upload: IO[bytes]) -> Pillow.Image:
    """The upright bare pixels of `upload`. Raises ValidationError for whatever is no picture of ours."""
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 15 MB."))
    try:
        return _decode(data)
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError, MemoryError) as error:
        raise ValidationError(_("This is no JPEG, PNG or WebP picture that can be read.")) from error


def _decode(data: bytes) -> Pillow.Image:
    with Pillow.open(BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValidationError(_("The picture has more than 40 million pixels."))
        upright = ImageOps.exif_transpose(picture)
        return _bare(upright.convert("RGBA" if upright.has_transparency_data else "RGB"))


def _bare(picture: Pillow.Image) -> Pillow.Image:
    """The same pixels and nothing that came with them."""
    return Pillow.frombytes(picture.mode, picture.size, picture.tobytes())


def write(image: Image, picture: Pillow.Image) -> None:
    """Store `picture` in all widths; files are complete before they have their names."""
    image.folder().mkdir(parents=True, exist_ok=True)
    for width in image.widths:
        height = max(1, round(picture.height * width / picture.width))
        resized = picture.resize((width, height), Pillow.Resampling.LANCZOS)
        for kind, content in _encodings(resized):
            _put(image.folder() / image.file_name(width, kind), content)


def _encodings(picture: Pillow.Image) -> Iterator[tuple[str, bytes]]:
    webp, jpeg = BytesIO(), BytesIO()
    picture.save(webp, "WEBP", quality=80, method=4)
    yield "webp", webp.getvalue()
    _on_white(picture).save(jpeg, "JPEG", quality=82, optimize=True, progressive=True)
    yield "jpg", jpeg.getvalue()


def _on_white(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode == "RGB":
        return picture
    white = Pillow.new("RGBA", picture.size, "white")
    return Pillow.alpha_composite(white, picture).convert("RGB")


def _put(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
