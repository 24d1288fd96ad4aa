"""Make `.env` for trying out."""


def ensure(arguments: list[str]) -> None:
    """Placeholder until the set-up is written."""
