"""The folder of uploads that was copied from the old site: files are found in it, and never outside of it."""

import re
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path, PurePosixPath

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
DOWNLOADS = {".pdf"}
UPLOADS = "/wp-content/uploads/"
_SIZE = re.compile(r"-(?:[0-9]+x[0-9]+|scaled|rotated)(?=\.\w+$)")


def without_size(path: str) -> str:
    return _SIZE.sub("", path)


class Folder:
    def __init__(self, folder: Path | None) -> None:
        self._files = _index(folder) if folder else {}

    def find(self, path: str) -> Path | None:
        """The file of an old address, the largest of its sizes, in the folder whose name fits best.

        None if it is not there, or if two folders fit alike.
        """
        wanted = PurePosixPath(path.rpartition(UPLOADS)[2].lower())
        candidates = self._files.get(without_size(wanted.name), [])
        fitting = [(_common_ending(wanted.parent.parts, file.parent.parts), file) for file in candidates]
        best = [file for fit, file in fitting if fit == max(fitting)[0]]
        is_clear = len({file.parent for file in best}) == 1
        return max(best, key=lambda file: file.stat().st_size) if is_clear else None


def _index(folder: Path) -> dict[str, list[Path]]:
    """By their names without sizes. What a link leads to outside of `folder` does not count."""
    found: dict[str, list[Path]] = {}
    root = folder.resolve()
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in PICTURES | DOWNLOADS and file.is_file() and file.resolve().is_relative_to(root):
            found.setdefault(without_size(file.name.lower()), []).append(file)
    return found


def _common_ending(one: Iterable[str], other: Iterable[str]) -> int:
    pairs = zip(reversed([*one]), reversed([*other]), strict=False)
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1].lower(), pairs))
