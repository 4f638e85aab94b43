"""Soundings as its wheel installs it: one package, `soundings`, with the rooms of the code inside.

In the wheel this file is `soundings/__init__.py`.
"""

import os
import sys
from pathlib import Path

ROOMS = Path(__file__).parent


def main() -> None:
    """Run a command with the rooms found by their own names, here and in every child process."""
    sys.path.insert(0, str(ROOMS))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOMS), os.getenv("PYTHONPATH"))))
    # Not beside the code, which is replaced by the next version.
    share = os.getenv("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    os.environ.setdefault("SOUNDINGS_DATA", str(Path(share, "soundings")))
    from api.__main__ import main as run_command

    run_command(prog_name="soundings")
