"""The pictures of the old site, stored as pictures of ours."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sitebackend.pages import pictures, services
from sitebackend.pages.models import Image
from sitebackend.pages.wordpress.export import Export, Item, split
from sitebackend.pages.wordpress.folder import Folder, without_size
from sitebackend.pages.wordpress.names import key_of, name_of


@dataclass(slots=True)
class Picture:
    """One upload that a page shows, as it will be stored."""

    key: UUID
    name: str
    file: Path
    old_path: str
    alternative: str = ""
    caption: str = ""
    title: str = ""


class Media:
    """Knows which upload an address means; remembers which are wanted, and which are not there."""

    def __init__(self, export: Export, folder: Folder) -> None:
        self._export = export
        self._folder = folder
        self._uploads = {item.number: item for item in export.of_kind("attachment")}
        self._by_path = {item.file_path: item for item in self._uploads.values()}
        self._taken = set(Image.objects.values_list("name", flat=True))
        self._known = {image.pk: image for image in Image.objects.all()}
        self.wanted: dict[str, Picture] = {}  #: by old path
        self.missing: set[str] = set()
        self.elsewhere: set[str] = set()

    def by_address(self, address: str, alternative: str) -> Picture | None:
        """The picture at an address of the old site, in whatever size. None if it is not at hand."""
        parts = split(address)
        host = (parts.hostname or "").removeprefix("www.")
        if host and host != self._export.host:
            self.elsewhere.add(address[:200])
            return None
        path = without_size(parts.path)
        item = self._by_path.get(parts.path) or self._by_path.get(path)
        return self._picture(item.file_path if item else path, item, alternative)

    def by_number(self, number: int) -> Picture | None:
        item = self._uploads.get(number)
        return self._picture(item.file_path, item, "") if item and item.file_path else None

    def _picture(self, path: str, item: Item | None, alternative: str) -> Picture | None:
        if path not in self.wanted and (made := self._make(path, item)):
            self.wanted[path] = made
        if picture := self.wanted.get(path):
            picture.alternative = picture.alternative or alternative.strip()
        return picture

    def _make(self, path: str, item: Item | None) -> Picture | None:
        file = self._folder.find(path)
        if file is None:
            self.missing.add(path)
            return None
        key = key_of(self._export.host, path)
        known = self._known.get(key)
        picture = Picture(key, known.name if known else name_of(path, self._taken, or_else="bild"), file, path)
        if item:
            picture.alternative = item.meta.get("_wp_attachment_image_alt", "").strip()
            picture.caption, picture.title = item.excerpt, item.title
        return picture


def store(picture: Picture) -> str | None:
    """Take the file into the pictures, unless it is there already. Returns in words why it could not be."""
    if Image.objects.filter(pk=picture.key).exists():
        return None
    words = picture.alternative or picture.title or picture.name
    image = Image(pk=picture.key, name=picture.name, alternative=words[:250], caption=picture.caption[:250])
    try:
        with picture.file.open("rb") as stream:
            services.add_picture(image=image, upload=pictures.read(stream))
    except (OSError, ValidationError) as error:
        return " ".join(getattr(error, "messages", [_("It cannot be read.")]))
    return None
