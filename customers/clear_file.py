"""A file in memory, between upload and sealing or between opening and download; never on the disk."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field

from sitebackend.crypto.sealing import SealingError


@dataclass(frozen=True, slots=True)
class ClearFile:
    """Name, type and content. What is sealed holds all three and the SHA-256 of the content: a digest outside
    of the seal would tell whoever has a copy of a document that the customer has it too."""

    name: str
    content_type: str
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the content as 64 hex digits."""
        return hashlib.sha256(self.content).hexdigest()

    def packed(self) -> bytes:
        """One line of JSON, then the content as it is."""
        header = {"name": self.name, "content_type": self.content_type, "sha256": self.digest}
        return json.dumps(header).encode() + b"\n" + self.content

    @classmethod
    def unpacked(cls, packed: bytes) -> "ClearFile":
        """Raises SealingError if the content is not the one that was packed."""
        head, _line, content = packed.partition(b"\n")
        header = json.loads(head)
        file = cls(header["name"], header["content_type"], content)
        if not hmac.compare_digest(file.digest, header["sha256"]):
            raise SealingError("the file is not the one that was sealed")
        return file
