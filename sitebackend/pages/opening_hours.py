"""Opening hours as people write them, for the machines that read schema.org.

"Montag bis Donnerstag 8–17 Uhr", "Mo–Fr 08:00–12:30", "Samstag 9–13 Uhr". A line that is not understood
stands on the page all the same; it is only not told to machines, for a wrong time is worse than none.
"""

import re
from collections.abc import Iterator

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMES = {"mo": 0, "di": 1, "tu": 1, "mi": 2, "we": 2, "do": 3, "th": 3, "fr": 4, "sa": 5, "so": 6, "su": 6}
_DAY = r"([a-zäöü]{2})[a-zäöü]*\.?"
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
_TO = r"\s*(?:–|-|bis|to)\s*"
_LINE = re.compile(rf"{_DAY}(?:{_TO}{_DAY})?:?\s+{_TIME}{_TO}{_TIME}(?:\s*uhr)?", re.IGNORECASE)


def specifications(lines: str) -> Iterator[dict[str, object]]:
    """One schema.org OpeningHoursSpecification for each line that is understood."""
    for line in lines.splitlines():
        if (found := _LINE.fullmatch(line.strip())) and (days := _days(found[1], found[2])):
            yield {
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": days,
                "opens": f"{int(found[3]):02}:{found[4] or '00'}",
                "closes": f"{int(found[5]):02}:{found[6] or '00'}",
            }


def _days(first: str, last: str | None) -> list[str]:
    start, end = _NAMES.get(first.lower()), _NAMES.get((last or first).lower())
    if start is None or end is None or end < start:
        return []
    return list(DAYS[start : end + 1])
