"""What the privacy notice says of how advertising is told apart."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from contact import reading
from contact.spam import bursts, learning
from sitebackend import retention
from sitebackend.privacy.notice.services import Section, Sentence, facts


@facts(order=21)
def spam() -> Iterator[Section]:
    yield Section(
        name="spam",
        title=_("How advertising is told apart"),
        paragraphs=[[Sentence("spam.signs", _signs()), Sentence("spam.bursts", _bursts())], list(_learned())],
    )


def _signs() -> str:
    return _(
        "Whether a message looks like advertising, this website's own software estimates from its links, letters and "
        "words; nobody else is asked. It decides only whether the message is mailed to us or named to us as a "
        "suspect; what we find to be real we answer like any other (Art. 6(1)(f) GDPR, our interest in an inbox in "
        "which real messages are seen)."
    )


def _bursts() -> str:
    return _(
        "To notice one text from many senders, digests of phrases and senders live in the cache for {hours} hours at "
        "most, under a key that changes every day; afterwards they lead to nobody."
    ).format(hours=bursts.DAY // 3600)


def _learned() -> Iterator[Sentence]:
    """Only where messages are read here can anything be learned from them."""
    if reading.is_possible():
        yield Sentence(
            "spam.learning",
            _(
                "From messages that we have marked as advertising or not, the software learns. The words of such a "
                "message lie encrypted beside it and are deleted with it. Only words that at least {n} senders used "
                "are counted, no names, numbers or addresses; after a deletion they are counted anew as soon as "
                "messages are opened, and after {period} at the latest the counts are deleted."
            ).format(n=learning.SENDERS, period=retention.days(retention.SPAM_MODEL.days)),
        )
