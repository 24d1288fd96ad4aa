"""Hostile and careless uploads: what is stored is pixels, encoded anew, and nothing else."""

import re
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
from PIL import ImageCms
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from sitebackend.models import SiteSettings
from sitebackend.pages import pictures, services
from sitebackend.pages.models import Image, SiteVersion
from tests.pages.conftest import MakePage

GPS = 0x8825
ORIENTATION = 0x0112


def photo(size: tuple[int, int] = (1000, 500), *, kind: str = "JPEG", **options: object) -> bytes:
    stream = BytesIO()
    Pillow.linear_gradient("L").resize(size).convert("RGB").save(stream, kind, **options)
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
    """Stores a picture, as the upload does and, if not told otherwise, the worker after it."""

    def store(data: bytes, *, is_encoded: bool = True, **fields: object) -> Image:
        image = Image(**{"name": "bild", "alternative": "Ein Bild"} | fields)
        services.add_picture(image=image, upload=pictures.read(BytesIO(data)))
        if is_encoded:
            services.encode_pictures(datetime.now(UTC))
            image.refresh_from_db()
        return image

    return store


def test_place_camera_and_comments_of_a_photo_are_gone_and_it_stands_upright(
    stored: Callable[..., Image], media: Path
) -> None:
    image = stored(photo_with_place())
    stored(photo_with_place(), name="noch-beim-helfer", is_encoded=False)
    assert (image.width, image.height) == (500, 1000)
    assert {path.suffix for path in media.iterdir()} == {".avif", ".webp", ".jpg", ".png"}
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
    assert [path for path in [*large.files(), *small.files()] if not path.exists()] == [large.source, small.source]
    for kind in ("avif", "webp", "jpg"):
        with Pillow.open(large.file(480, kind)) as picture:
            assert (picture.size, picture.format) == ((480, 240), {"jpg": "JPEG"}.get(kind, kind.upper()))


def test_no_more_pixels_are_kept_than_are_shown(stored: Callable[..., Image]) -> None:
    image = stored(photo((4000, 3000)), is_encoded=False)
    assert (image.width, image.height) == (1600, 1200)
    with Pillow.open(image.source) as picture:
        assert picture.size == (1600, 1200)


def test_an_upright_photo_of_a_lying_camera_stays_wide_enough(stored: Callable[..., Image]) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    image = stored(photo((3400, 1700), exif=exif), is_encoded=False)
    assert (image.width, image.height) == (1600, 3200)


def test_colours_look_as_the_camera_meant_them() -> None:
    """A profile that swaps red and green, which no converter would leave as it is."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    swapped = bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    swapped = swapped.replace(b"rXYZ", b"tmpZ").replace(b"gXYZ", b"rXYZ").replace(b"tmpZ", b"gXYZ")
    red = BytesIO()
    Pillow.new("RGB", (50, 50), (255, 0, 0)).save(red, "PNG", icc_profile=swapped)
    shown = pictures.read(BytesIO(red.getvalue())).getpixel((20, 20))
    assert shown[1] > 200 > shown[0]
    strange = BytesIO()
    Pillow.new("RGB", (50, 50), (255, 0, 0)).save(strange, "PNG", icc_profile=profile.tobytes())
    assert pictures.read(BytesIO(strange.getvalue())).getpixel((20, 20)) == (255, 0, 0)
    unreadable = photo(icc_profile=b"no profile at all")
    assert pictures.read(BytesIO(unreadable)).size == (1000, 500)


def test_a_transparent_picture_stays_transparent_in_every_format(stored: Callable[..., Image]) -> None:
    stream = BytesIO()
    Pillow.new("RGBA", (20, 20), (255, 0, 0, 0)).save(stream, "PNG")
    image = stored(stream.getvalue())
    for kind in ("avif", "webp", "png"):
        with Pillow.open(image.file(20, kind)) as picture:
            assert picture.getpixel((10, 10))[3] == 0, kind
    assert image.fallback.endswith(".png")


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
    for kind in ("avif", "webp", "jpg"):
        assert f"{image.url(480, kind)} 480w, {image.url(960, kind)} 960w, {image.url(1000, kind)} 1000w" in html
    assert html.index("image/avif") < html.index("image/webp") < html.index(".jpg")


def test_until_the_worker_has_made_them_a_page_names_no_format_that_is_not_there(
    client: Client, stored: Callable[..., Image], make_page: MakePage, media: Path
) -> None:
    image = stored(photo(), name="team", is_encoded=False)
    make_page(slug="mit", body="<p>[Bild: team]</p>")
    before = client.get("/mit/").content.decode()
    named = re.findall(r"/media/images/([\w.-]+)", before)
    assert len(named) == 4
    assert [name for name in named if not (media / name).exists()] == []
    known = SiteVersion.objects.get().token
    assert services.encode_pictures(datetime.now(UTC)) == 1
    assert services.encode_pictures(datetime.now(UTC)) == 0
    assert image.url(480, "avif") in client.get("/mit/").content.decode()
    assert SiteVersion.objects.get().token != known


def test_a_picture_whose_files_are_lost_keeps_no_other_waiting(stored: Callable[..., Image]) -> None:
    lost, other = (stored(photo(), name=name, is_encoded=False) for name in ("verloren", "anderes"))
    services.remove_files(lost.files())
    now = datetime.now(UTC)
    assert services.encode_pictures(now) == 1
    other.refresh_from_db()
    assert other.encoded_at == now
    with pytest.raises(FileNotFoundError):
        services.encode_pictures(now)


def test_a_picture_stored_before_there_were_faster_formats_gets_them(stored: Callable[..., Image]) -> None:
    image = stored(photo(), is_encoded=False)
    image.source.unlink()
    assert services.encode_pictures(datetime.now(UTC)) == 1
    assert image.file(480, "avif").exists()


def test_a_picture_is_served_for_ever_and_nothing_else_of_the_folder_is(
    client: Client, stored: Callable[..., Image], media: Path
) -> None:
    image = stored(photo())
    waiting = stored(photo(), name="wartet", is_encoded=False)
    (media / "geheim.txt").write_text("geheim")
    first = client.get(image.url(480, "avif"))
    assert first.headers["Content-Type"] == "image/avif"
    assert b"ftypavif" in b"".join(first.streaming_content)[:32]
    response = client.get(image.url(480, "webp"))
    assert response.headers["Content-Type"] == "image/webp"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content)[:4] == b"RIFF"
    for address in ("/media/images/geheim.txt", "/media/images/../site.sqlite3", f"/media/images/{'0' * 32}-480.webp"):
        assert client.get(address).status_code == 404
    assert waiting.source.exists()
    assert client.get(f"/media/images/{waiting.source.name}").status_code == 404


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
    assert "Das ist eine SVG-Zeichnung, kein Bild als JPEG, PNG oder WebP." in response.content.decode()
    assert not Image.objects.exists()


def test_a_deleted_picture_takes_its_files_along(
    stored: Callable[..., Image], media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    image = stored(photo())
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert list(media.iterdir()) == []


def test_pictures_on_no_page_are_found(stored: Callable[..., Image], make_page: MakePage) -> None:
    for name in ("oben", "logo", "im-text", "text", "frueher", "oben-frueher", "entwurf", "vergessen"):
        stored(photo((20, 20)), name=name, is_encoded=False)
    lead, logo = Image.objects.get(name="oben"), Image.objects.get(name="logo")
    SiteSettings.objects.create(logo=logo)
    page = make_page(slug="a", picture=Image.objects.get(name="oben-frueher"), body="<p>[Bild: frueher]</p>")
    services.save_page(page=page, author=None)
    page.picture, page.body = lead, "<p>[Galerie: im-text, fehlt]</p><p>Ein text, der vergessen wurde.</p>"
    services.save_page(page=page, author=None)
    page.body = "<p>[Bild: entwurf]</p>"
    services.keep_waiting(page=page, author=None)
    assert {image.name for image in Image.objects.unused()} == {"vergessen", "text"}


def test_the_logo_stands_for_the_name_and_is_told_to_search_engines(
    client: Client, starter_site: None, stored: Callable[..., Image]
) -> None:
    stream = BytesIO()
    Pillow.new("RGBA", (600, 200), (14, 90, 96, 255)).save(stream, "PNG")
    logo = stored(stream.getvalue(), name="logo", alternative="Logo")
    SiteSettings.objects.update(logo=logo)
    html = client.get("/").content.decode()
    assert f'<img src="{logo.url(480, "png")}" width="600" height="200" alt="Muster IT-Service">' in html
    assert f'"logo": "https://www.example.de{logo.fallback}"' in html
    logo.delete()
    assert ">Muster IT-Service" in client.get("/").content.decode()


def test_stray_files_go_after_a_day(stored: Callable[..., Image], media: Path) -> None:
    image = stored(photo())
    (media / f"{'0' * 32}-480.webp").write_bytes(b"x")
    now = datetime.now(UTC)
    assert services.remove_stray_files(now) == 0
    assert services.remove_stray_files(now + timedelta(days=2)) == 1
    assert [path for path in image.files() if not path.exists()] == [image.source]


def test_a_picture_without_a_name_gets_one_that_is_free(operator: Client, stored: Callable[..., Image]) -> None:
    stored(photo((20, 20)), name="unser-laden", is_encoded=False)
    for words in ({"alternative": "Unser Laden"}, {"alternative": "", "is_decorative": "on"}):
        upload = SimpleUploadedFile("Größe 1.jpg", photo((20, 20)), "image/jpeg")
        assert operator.post("/admin/pages/image/add/", words | {"upload": upload}).status_code == 302
    assert set(Image.objects.values_list("name", flat=True)) == {"unser-laden", "unser-laden-2", "groesse-1"}


def test_the_editor_offers_pictures_by_what_they_show(
    operator: Client, client: Client, stored: Callable[..., Image]
) -> None:
    stored(photo((20, 20)), name="laden", alternative="Unser <Laden>", is_encoded=False)
    stored(photo((20, 20)), name="hund", alternative="Ein Hund", is_encoded=False)
    html = operator.get("/admin/pages/image/choice/", {"q": "laden"}).content.decode()
    assert 'value="laden"' in html
    assert "Unser &lt;Laden&gt;" in html
    assert "hund" not in html
    assert "Hier gibt es kein Bild" in operator.get("/admin/pages/image/choice/?q=katze").content.decode()
    assert client.get("/admin/pages/image/choice/").status_code == 302
