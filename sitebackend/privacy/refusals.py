"""What the verbs of this room refuse; the message is for the operator and names the next step."""


class Refused(Exception):
    """A step that cannot be taken now; nothing was changed."""
