"""Where the old site's addresses lead now."""

from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote

from sitebackend.pages.wordpress.export import Export, split
from sitebackend.pages.wordpress.files import Files
from sitebackend.pages.wordpress.folder import PICTURES
from sitebackend.pages.wordpress.plan import Plan, Planned

_OURS_ALREADY = ("#", "mailto:", "tel:")


class Links:
    """Calling it gives the address of today; `dead` collects those of the old site that nothing answers any more."""

    def __init__(self, export: Export, plan: Plan, files: Files) -> None:
        self._host = export.host
        self._by_path = {page.item.path.rstrip("/"): page for page in plan.pages.values() if page.item.path.strip("/")}
        self._plan = plan
        self._files = files
        uploads = (item.file_path for item in export.of_kind("attachment"))
        self._pictures = {path for path in uploads if PurePosixPath(path).suffix.lower() in PICTURES}
        self.dead: set[str] = set()

    def __call__(self, address: str) -> str:
        parts = split(address)
        host = (parts.hostname or "").removeprefix("www.")
        if address.startswith(_OURS_ALREADY) or (host and host != self._host):
            return address
        path = unquote(parts.path)
        page = self._by_path.get(path.rstrip("/")) or self._by_number(parts.query)
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        if page:
            return self._plan.address(page) + fragment
        if file := self._files.address(path):
            return file
        if path not in ("", "/") and path not in self._pictures and not self._files.knows(path):
            self.dead.add(path[:200])
        return (parts.path if parts.path.startswith("/") else "/") + fragment

    def _by_number(self, query: str) -> Planned | None:
        numbers = [value for name in ("p", "page_id") for value in parse_qs(query).get(name, []) if value.isdecimal()]
        return self._plan.pages.get(int(numbers[0])) if numbers else None
