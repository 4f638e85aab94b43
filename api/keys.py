"""The installation's own secret: from the settings, or made once and kept under the data folder."""

import os
import secrets

import msgspec

from api.settings import Settings


def with_secret(settings: Settings) -> Settings:
    """Settings with a secret that outlives the process."""
    if settings.secret:
        return settings
    settings.data.mkdir(parents=True, exist_ok=True)
    file = settings.data / "secret"
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as opened:
            opened.write(secrets.token_hex(32))
    return msgspec.structs.replace(settings, secret=file.read_text())
