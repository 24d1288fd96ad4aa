"""The files that texts of the old site link to: the PDFs among them become downloads of ours."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sitebackend.pages import downloads, services
from sitebackend.pages.models import Download
from sitebackend.pages.wordpress.export import Export
from sitebackend.pages.wordpress.folder import DOWNLOADS, PICTURES, UPLOADS, Folder
from sitebackend.pages.wordpress.names import key_of, name_of


@dataclass(frozen=True, slots=True)
class Linked:
    """One PDF, as it will be stored."""

    download: Download
    file: Path
    old_path: str


class Files:
    """Knows which PDF an address means; remembers which are wanted, and which cannot come."""

    def __init__(self, export: Export, folder: Folder) -> None:
        self._host = export.host
        self._folder = folder
        self._titles = {item.file_path: item.title for item in export.of_kind("attachment")}
        self._known = {download.pk: download for download in Download.objects.all()}
        self._taken = {download.name for download in self._known.values()}
        self.wanted: dict[str, Linked] = {}  #: by old path
        self.missing: set[str] = set()
        self.others: set[str] = set()

    def address(self, path: str) -> str | None:
        """What the upload at `path` of the old site is called here; None if it is no download."""
        suffix = PurePosixPath(path).suffix.lower()
        if UPLOADS not in path or not suffix or suffix in PICTURES:
            return None
        if suffix not in DOWNLOADS:
            self.others.add(path[:200])
            return None
        if path not in self.wanted and (made := self._make(path)):
            self.wanted[path] = made
        return self.wanted[path].download.get_absolute_url() if path in self.wanted else None

    def knows(self, path: str) -> bool:
        return path in self.others | self.missing

    def _make(self, path: str) -> Linked | None:
        file = self._folder.find(path)
        if file is None:
            self.missing.add(path[:200])
            return None
        return Linked(self._known.get(self._key(path)) or self._new(path), file, path)

    def _new(self, path: str) -> Download:
        name = name_of(path, self._taken, or_else="datei")
        title = self._titles.get(path) or PurePosixPath(path).stem
        return Download(pk=self._key(path), name=name, title=title[:120])

    def _key(self, path: str) -> UUID:
        return key_of(self._host, path)


def store(linked: Linked) -> str | None:
    """Take the file into the downloads, unless it is there already. Returns in words why it could not be."""
    if Download.objects.filter(pk=linked.download.pk).exists():
        return None
    try:
        with linked.file.open("rb") as stream:
            services.keep_download(download=linked.download, content=downloads.read(stream))
    except (OSError, ValidationError) as error:
        return " ".join(getattr(error, "messages", [_("It cannot be read.")]))
    return None
