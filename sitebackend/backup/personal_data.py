"""The backups' own rows hold no personal data; what is inside the files, the other holdings describe."""

from sitebackend.backup.models import Backup
from sitebackend.privacy.registry import holds_no_personal_data

holds_no_personal_data(
    Backup,
    id="a number",
    created_at="a time",
    name="made of the time",
    size="a number of bytes",
    sha256="digest of ciphertext",
    journal_number="a number",
    media="folders of this machine",
    missed="folders of this machine, and errors of theirs",
    database_damaged="yes or no",
    verified_at="a time",
    drilled_at="a time",
    failure="an error of this machine",
)
