"""The notice is about people in general; who is named in it is the business that publishes it."""

from sitebackend.privacy.notice.models import NoticeVersion
from sitebackend.privacy.registry import holds_no_personal_data

holds_no_personal_data(
    NoticeVersion,
    id="a number",
    language="one of two words",
    number="a number",
    digest="digest of a public text",
    content="a public text, with the business data of the imprint",
    valid_from="a time",
)
