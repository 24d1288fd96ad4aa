"""Uploaded pictures, made harmless.

What must never happen: a file that somebody uploaded is given out as it came. It may carry the place where a
photo was taken, a second file behind the picture, a script (SVG), or more pixels than memory. So the size is
judged before anything is unpacked, only three formats are decoded, and what is stored is encoded anew from
the bare pixels.

The request that brings a picture stores what every browser shows (JPEG; PNG if it is transparent) and the bare
pixels, losslessly. The smaller formats take seconds; the worker makes them, and until then pages do without.
"""

from io import BytesIO
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import ExifTags, ImageCms, ImageOps
from PIL import Image as Pillow

from sitebackend.formats import file_types
from sitebackend.pages.models import Image

MOST_BYTES = 15 * 2**20
MOST_PIXELS = 40_000_000  # a 40-megapixel photo: about 120 MB unpacked
FORMATS = ("JPEG", "PNG", "WEBP")
_LYING = range(5, 9)  #: EXIF orientations of a picture that lies on its side
_SRGB = ImageCms.createProfile("sRGB")
_OPTIONS: dict[str, dict[str, Any]] = {
    "source": {"format": "PNG", "compress_level": 1},
    "avif": {"format": "AVIF", "quality": 55, "speed": 6},
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
    "jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
    "png": {"format": "PNG"},
}


def read(upload: IO[bytes]) -> Pillow.Image:
    """The upright bare pixels of `upload`, no wider than needed. Raises ValidationError for what is no picture."""
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 15 MB."))
    try:
        return _decode(data)
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError, MemoryError) as error:
        raise ValidationError(_why_not(data)) from error


def _why_not(data: bytes) -> str:
    kind = file_types.recognise(data)
    if kind in (file_types.JPEG, file_types.PNG, file_types.WEBP):
        return str(_("The picture is cut off or damaged. Save or scan it anew."))
    message = _("This is {found}, no JPEG, PNG or WebP picture.")
    return str(message).format(found=file_types.NAMES[kind])


def _decode(data: bytes) -> Pillow.Image:
    with Pillow.open(BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValidationError(_("The picture has more than 40 million pixels."))
        _spare(picture)
        upright = _in_srgb(ImageOps.exif_transpose(picture))
        coloured = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        return _bare(_scaled(coloured, min(coloured.width, Image.WIDTHS[-1])))


def _spare(picture: Pillow.Image) -> None:
    """Let a JPEG be unpacked at a half, a quarter, an eighth, if that is still wide enough."""
    is_lying = picture.getexif().get(ExifTags.Base.Orientation) in _LYING
    share = Image.WIDTHS[-1] / (picture.height if is_lying else picture.width)
    picture.draft(None, (max(1, round(picture.width * share)), max(1, round(picture.height * share))))


def _in_srgb(picture: Pillow.Image) -> Pillow.Image:
    """The colours as the camera meant them: the profile that says so does not come along."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode != "RGB":
        return picture
    try:
        meant = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB)
    except (ImageCms.PyCMSError, OSError):  # a profile that cannot be read says nothing
        return picture
    return meant or picture


def _bare(picture: Pillow.Image) -> Pillow.Image:
    """The same pixels and nothing that came with them."""
    return Pillow.frombytes(picture.mode, picture.size, picture.tobytes())


def store(image: Image, picture: Pillow.Image) -> None:
    """Store `picture` so that pages can show it, and its pixels for `encode`."""
    image.folder().mkdir(parents=True, exist_ok=True)
    _put(image.source, picture, "source")
    for width in image.widths:
        _put(image.file(width, image.fallback_kind), _scaled(picture, width), image.fallback_kind)


def encode(image: Image) -> None:
    """Make the formats that load faster, in all widths. Doing it twice does no harm. Raises OSError."""
    source = image.source if image.source.exists() else image.file(image.widths[-1], image.fallback_kind)
    with Pillow.open(source, formats=FORMATS) as picture:
        picture.load()
        for width in image.widths:
            for kind in Image.FASTER:
                _put(image.file(width, kind), _scaled(picture, width), kind)
    image.source.unlink(missing_ok=True)


def _scaled(picture: Pillow.Image, width: int) -> Pillow.Image:
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Pillow.Resampling.LANCZOS, reducing_gap=3.0)


def _put(path: Path, picture: Pillow.Image, kind: str) -> None:
    """Write the whole file before it has its name."""
    stream = BytesIO()
    picture.save(stream, **_OPTIONS[kind])
    unfinished = path.with_suffix(f"{path.suffix}.part")
    unfinished.write_bytes(stream.getvalue())
    unfinished.replace(path)
