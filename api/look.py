"""The look of all that Soundings makes: its colours, typeface, signs and sizes, from look.toml."""

from pathlib import Path

import msgspec

LOOK_FILE = Path(__file__).with_name("look.toml")


class ChartColours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Colours that charts alone have. `kinds` and `agreement` are in an order of their own: shades
    that touch differ in lightness, so that they are told apart in grey and by every eye.
    """

    band: str
    faint: str
    kinds: tuple[str, ...]
    shades: tuple[str, ...]
    agreement: tuple[str, ...]


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What look.toml has, a field for each of its tables.

    `colour` is by the name of its use, `dark` the same on dark pages of the guide. `type` has three
    numbers for each size: rem on a phone, rem from a tablet on, and the height of a line. `sign`
    has characters, which are there in forced colours and on a black printer.
    """

    font: str
    measure: str
    colour: dict[str, str]
    dark: dict[str, str]
    chart: ChartColours
    sign: dict[str, str]
    type: dict[str, tuple[float, float, float]]


# Read once: pages, charts and papers are made from these, and PDFs get all of it as JSON.
LOOK = msgspec.toml.decode(LOOK_FILE.read_bytes(), type=Look)
COLOUR, CHART = LOOK.colour, LOOK.chart
