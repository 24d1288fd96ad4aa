"""What OpenPGP refuses."""


class OpenPGPError(Exception):
    """gpg could not do it; the message says why, in words for the operator, and names no data."""


class SecretKeyError(OpenPGPError):
    """There is a secret key where only a public certificate belongs."""
