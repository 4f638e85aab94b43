"""Each indicator in a file of its own: what it is, why it is kept, who answers for it."""

from functools import cache
from pathlib import Path

import msgspec

from survey.reports import Measure


@cache
def every() -> dict[str, Measure]:
    """All measures by name, in the order of their files."""
    return {
        file.stem: msgspec.toml.decode(file.read_bytes(), type=Measure)
        for file in sorted(Path(__file__).parent.glob("*.toml"))
    }
