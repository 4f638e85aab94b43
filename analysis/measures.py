"""The indicators, one file each: what it is, why it is published, who is responsible for it."""

from functools import cache
from pathlib import Path

import msgspec

from survey.editions.figures import Measure


@cache
def load_measures() -> dict[str, Measure]:
    """All measures by name, in the order of their files."""
    return {
        file.stem: msgspec.toml.decode(file.read_bytes(), type=Measure)
        for file in sorted(Path(__file__).with_suffix("").glob("*.toml"))
    }
