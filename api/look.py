"""The look of all that Soundings makes: its colours, typeface, signs and sizes, from look.toml."""

from pathlib import Path

import msgspec

LOOK_FILE = Path(__file__).with_name("look.toml")


class ChartColours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    band: str
    faint: str
    kinds: tuple[str, ...]
    shades: tuple[str, ...]
    agreement: tuple[str, ...]


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    font: str
    colour: dict[str, str]
    dark: dict[str, str]
    chart: ChartColours
    sign: dict[str, str]
    type: dict[str, tuple[float, float, float]]


LOOK = msgspec.toml.decode(LOOK_FILE.read_bytes(), type=Look)
COLOUR, CHART = LOOK.colour, LOOK.chart
