"""Whether English texts are read by mpnet for their themes: the setting SOUNDINGS_MPNET."""

import types

from api.process.loading import import_lock

CHOSEN = types.SimpleNamespace(mpnet=False)
"""Set once, where a process opens its database with its settings."""


def choose_theme_reader(*, mpnet: bool) -> None:
    CHOSEN.mpnet = mpnet


def reads_with_mpnet() -> bool:
    """Whether it is set, and its extra is installed. Loads analysis: call it in a thread."""
    if not CHOSEN.mpnet:
        return False
    with import_lock("analysis.text.mpnet.reader"):
        from analysis.text.mpnet import reader

    return reader.is_installed()
