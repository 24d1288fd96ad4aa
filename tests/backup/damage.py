"""What can happen to a file on a disk, repeatably."""

import random


def damaged(content: bytes, dice: random.Random) -> bytes:
    """One of: a flipped bit, a cut, something appended, two parts swapped."""
    place = dice.randrange(1, len(content) - 1)
    match dice.randrange(4):
        case 0:
            return content[:place] + bytes([content[place] ^ 1 << dice.randrange(8)]) + content[place + 1 :]
        case 1:
            return content[:place]
        case 2:
            return content + dice.randbytes(1 + dice.randrange(100))
        case _:
            return content[place:] + content[:place]
