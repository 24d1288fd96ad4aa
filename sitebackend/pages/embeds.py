"""Videos and maps have two addresses: the one that people copy, and the one that can be shown inside a page."""

import re

#: a regular expression, as Python and JavaScript both read it → the address for a page; "{}" is the video
PLAYERS = {
    r"https://(?:www\.)?(?:youtube\.com/(?:watch\?v=|embed/)|youtu\.be/)([\w-]{6,20})\S*": (
        "https://www.youtube-nocookie.com/embed/{}"
    ),
    r"https://(?:www\.)?vimeo\.com/([0-9]{4,12})\S*": "https://player.vimeo.com/video/{}",
}


def player(address: str) -> str:
    """Where a page can show what `address` leads to; any other address as it is."""
    for pattern, shown in PLAYERS.items():
        if video := re.fullmatch(pattern, address):
            return shown.format(video[1])
    return address
