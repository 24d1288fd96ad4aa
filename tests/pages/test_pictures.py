"""Hostile and careless uploads: what is stored is pixels, encoded anew, and nothing else."""

import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from sitebackend.pages import pictures, services
from sitebackend.pages.models import Image
from tests.pages.conftest import MakePage

GPS = 0x8825
ORIENTATION = 0x0112


def photo(size: tuple[int, int] = (1000, 500), *, kind: str = "JPEG", **options: object) -> bytes:
    stream = BytesIO()
    Pillow.effect_noise(size, 40).convert("RGB").save(stream, kind, **options)
    return stream.getvalue()


def photo_with_place() -> bytes:
    exif = Pillow.Exif()
    exif[0x010F] = "Kamera der Erika Mustermann"
    exif[ORIENTATION] = 6
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return photo(exif=exif, comment=b"geheimer Kommentar", dpi=(300, 300))


def flood(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / Image.FOLDER


@pytest.fixture
def stored(db: None, media: Path) -> Callable[..., Image]:
    def store(data: bytes, **fields: object) -> Image:
        image = Image(**{"name": "bild", "alternative": "Ein Bild"} | fields)
        services.add_picture(image=image, upload=pictures.read(BytesIO(data)))
        return image

    return store


def test_place_camera_and_comments_of_a_photo_are_gone_and_it_stands_upright(
    stored: Callable[..., Image], media: Path
) -> None:
    image = stored(photo_with_place())
    assert (image.width, image.height) == (500, 1000)
    for path in media.iterdir():
        content = path.read_bytes()
        assert not [word for word in (b"Exif", b"Mustermann", b"geheim", b"GPS") if word in content], path.name
        with Pillow.open(path) as picture:
            assert not picture.getexif()
            assert picture.height > picture.width


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (2_000_000, 1_000), (6_400, 6_400)])
def test_a_flood_of_pixels_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    with pytest.raises(ValidationError):
        pictures.read(BytesIO(flood(width, height)))


def test_what_hides_behind_a_picture_does_not_come_along(stored: Callable[..., Image], media: Path) -> None:
    stored(photo() + b"PK\x03\x04<script>alert(1)</script><?php system($_GET[0]);")
    assert not [path for path in media.iterdir() if b"script" in path.read_bytes() or b"<?php" in path.read_bytes()]


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7",
        b"",
        photo()[:200],
        photo(kind="PNG")[:-40],
        photo(kind="TIFF"),
        b"\xff\xd8\xff\xe0" + b"\0" * 5000,
    ],
    ids=["svg", "gif", "pdf", "nothing", "half a jpeg", "torn png", "tiff", "no jpeg"],
)
def test_what_is_no_whole_picture_of_a_known_kind_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        pictures.read(BytesIO(data))


def test_a_file_that_is_too_large_is_not_even_looked_at() -> None:
    with pytest.raises(ValidationError, match="15"):
        pictures.read(BytesIO(photo() + b"\0" * pictures.MOST_BYTES))


def test_three_widths_are_stored_and_a_small_picture_is_never_enlarged(stored: Callable[..., Image]) -> None:
    large, small = stored(photo((2000, 1000)), name="gross"), stored(photo((300, 100)), name="klein")
    assert large.widths == [480, 960, 1600]
    assert small.widths == [300]
    assert all(path.exists() for path in [*large.files(), *small.files()])
    with Pillow.open(large.files()[0]) as picture:
        assert picture.size == (480, 240)


def test_a_transparent_picture_gets_a_white_ground_where_there_must_be_one(stored: Callable[..., Image]) -> None:
    stream = BytesIO()
    Pillow.new("RGBA", (20, 20), (255, 0, 0, 0)).save(stream, "PNG")
    image = stored(stream.getvalue())
    with Pillow.open(image.folder() / image.file_name(20, "jpg")) as picture:
        assert min(picture.getpixel((10, 10))) > 250


@pytest.mark.parametrize(("alternative", "is_decorative"), [("", False), ("Ein Haus", True)])
def test_a_picture_says_what_it_shows_or_is_decoration(
    stored: Callable[..., Image], alternative: str, is_decorative: bool
) -> None:
    with pytest.raises(ValidationError):
        stored(photo(), alternative=alternative, is_decorative=is_decorative)


def test_a_refused_picture_leaves_no_file(stored: Callable[..., Image], media: Path) -> None:
    with pytest.raises(ValidationError):
        stored(photo(), alternative="")
    assert not media.exists()


def test_a_page_shows_its_picture_in_all_sizes_without_a_jump(
    client: Client, stored: Callable[..., Image], make_page: MakePage
) -> None:
    image = stored(photo(), name="team", alternative='Zwei "Leute" & ein Hund')
    make_page(slug="mit", body="<p>[Bild: team]</p>")
    html = client.get("/mit/").content.decode()
    assert 'alt="Zwei &quot;Leute&quot; &amp; ein Hund"' in html
    assert 'width="1000" height="500"' in html
    assert 'loading="lazy"' in html
    assert f"{image.url(480, 'webp')} 480w, {image.url(960, 'webp')} 960w, {image.url(1000, 'webp')} 1000w" in html


def test_a_picture_is_served_for_ever_and_nothing_else_of_the_folder_is(
    client: Client, stored: Callable[..., Image], media: Path
) -> None:
    image = stored(photo())
    (media / "geheim.txt").write_text("geheim")
    response = client.get(image.url(480, "webp"))
    assert response.headers["Content-Type"] == "image/webp"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content)[:4] == b"RIFF"
    for address in ("/media/images/geheim.txt", "/media/images/../site.sqlite3", f"/media/images/{'0' * 32}-480.webp"):
        assert client.get(address).status_code == 404


def test_the_operator_uploads_a_picture_and_later_changes_its_words(operator: Client, media: Path) -> None:
    upload = SimpleUploadedFile("IMG_1.jpg", photo_with_place(), "image/jpeg")
    words = {"name": "laden", "alternative": "Unser Laden", "caption": ""}
    assert operator.post("/admin/pages/image/add/", words | {"upload": upload}).status_code == 302
    image = Image.objects.get()
    operator.post(f"/admin/pages/image/{image.pk}/change/", words | {"caption": "Neu seit 2026"})
    image.refresh_from_db()
    assert (image.caption, image.width) == ("Neu seit 2026", 500)


def test_a_refused_upload_says_why(operator: Client, media: Path) -> None:
    upload = SimpleUploadedFile("x.jpg", b"<svg onload=alert(1)>", "image/jpeg")
    response = operator.post("/admin/pages/image/add/", {"name": "x", "alternative": "x", "upload": upload})
    assert "kein lesbares Bild" in response.content.decode()
    assert not Image.objects.exists()


def test_a_deleted_picture_takes_its_files_along(
    stored: Callable[..., Image], media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    image = stored(photo())
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert list(media.iterdir()) == []


def test_pictures_on_no_page_are_found(stored: Callable[..., Image], make_page: MakePage) -> None:
    lead = stored(photo(), name="oben")
    stored(photo(), name="im-text")
    stored(photo(), name="vergessen")
    make_page(slug="a", picture=lead, body="<p>[Galerie: im-text]</p>")
    assert [image.name for image in Image.objects.unused()] == ["vergessen"]


def test_stray_files_go_after_a_day(stored: Callable[..., Image], media: Path) -> None:
    image = stored(photo())
    (media / f"{'0' * 32}-480.webp").write_bytes(b"x")
    now = datetime.now(UTC)
    assert services.remove_stray_files(now) == 0
    assert services.remove_stray_files(now + timedelta(days=2)) == 1
    assert all(path.exists() for path in image.files())
