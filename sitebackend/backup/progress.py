"""How long work tells what it does."""

from collections.abc import Callable

Progress = Callable[[str, float], None]  #: what is being done, and how much of it is done (0 to 1)
Share = Callable[[float], None]  #: the same for one step: how much of it is done (0 to 1)


def silent(step: str, share: float) -> None:
    """Tell nobody."""


class Bytes:
    """Counts bytes of a step and tells its share, at most once a percent."""

    def __init__(self, total: int, tell: Share) -> None:
        self.total, self.tell = max(total, 1), tell
        self.done, self.told = 0, -1
        self.add(0)

    def add(self, count: int) -> None:
        self.done += count
        percent = min(100 * self.done // self.total, 100)
        if percent != self.told:
            self.told = percent
            self.tell(percent / 100)
