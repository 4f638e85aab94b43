"""Sample draws: who was invited to a sampled survey, where, and with what probability."""

import re

import msgspec

from survey.problems import Fault

MOST_DRAWN = 2_000
PSU_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")


class SampleDraw(msgspec.Struct, frozen=True, kw_only=True):
    """Residents drawn in one sampling unit (`psu`) of a stratum, with the same probability each."""

    number: int
    stratum: str
    psu: str
    probability: float


def draw_faults(draw: SampleDraw, strata: set[str]) -> list[Fault]:
    """The faults of a draw, by field; weights depend on the probability."""
    wrong = []
    if not 1 <= draw.number <= MOST_DRAWN:
        wrong.append(Fault("number", f"How many: enter a whole number from 1 to {MOST_DRAWN:,}"))
    if draw.stratum not in strata:
        wrong.append(Fault("stratum", "Choose the borough where these people were chosen"))
    if not PSU_NAME.fullmatch(draw.psu):
        wanted = "Neighbourhood: use up to 40 letters, numbers, spaces and hyphens"
        wrong.append(Fault("psu", wanted))
    if not 0 < draw.probability <= 1:
        wanted = "Chance of being chosen: enter a number above 0 and up to 1"
        wrong.append(Fault("probability", wanted))
    return wrong
