"""Access codes: who was drawn for a sampled survey, where, and with what chance."""

import re

import msgspec

MOST = 2_000
UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """Residents of one sampling unit (`psu`) in one stratum, each drawn with the same chance."""

    number: int
    stratum: str
    psu: str
    probability: float


def faults_of(draw: Draw, strata: set[str]) -> list[tuple[str, str]]:
    """What cannot be drawn so: the field, and what it needs. The chance is what weights rest on."""
    wrong = []
    if not 1 <= draw.number <= MOST:
        wrong.append(("number", f"How many: enter a whole number from 1 to {MOST:,}"))
    if draw.stratum not in strata:
        wrong.append(("stratum", "Choose the borough where these people were chosen"))
    if not UNIT.fullmatch(draw.psu):
        wrong.append(("psu", "Neighbourhood: use up to 40 letters, numbers, spaces and hyphens"))
    if not 0 < draw.probability <= 1:
        wrong.append(("probability", "Chance of being chosen: enter a number above 0 and up to 1"))
    return wrong
