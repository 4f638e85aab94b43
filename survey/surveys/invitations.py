"""Sample draws: who was invited to a sampled survey, where, and with what probability."""

import datetime
import re
from typing import Literal, get_args

import msgspec

from survey.problems import Fault

MOST_DRAWN = 2_000
LetterOutcome = Literal["refused", "not_reached", "unable", "undelivered", "ineligible"]
LETTER_OUTCOMES: tuple[LetterOutcome, ...] = get_args(LetterOutcome)
PSU_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")


def code_link(address: str, code: str) -> str:
    """The address of a survey that fills in a code.

    Behind a '#', which browsers send to no server: so the code is in no log.
    """
    return f"{address}#code={code}"


class SampleDraw(msgspec.Struct, frozen=True, kw_only=True):
    """Residents drawn in one sampling unit (`psu`) of a stratum, with the same probability each."""

    number: int
    stratum: str
    psu: str
    probability: float


class StratumResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the people who were invited in one stratum.

    `answered` people sent something since the day `since`: `complete` every question of the index,
    `scored` enough for an index. `outcomes` are people without an answer, by why: from letters, or
    from the visits of interviewers if `by_visits`, never from both.
    """

    stratum: str
    invited: int
    since: datetime.date | None = None
    answered: int = 0
    scored: int = 0
    complete: int = 0
    outcomes: dict[str, int] = {}
    by_visits: bool = False


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


def letter_faults(letters: dict[LetterOutcome, int], most: int) -> list[Fault]:
    """The faults of the letters recorded for one borough, of which `most` can be unanswered, by
    field.
    """
    wrong = [
        Fault(name, "Enter a whole number, or leave it at 0")
        for name, number in letters.items()
        if number < 0
    ]
    if not wrong and sum(letters.values()) > most:
        first = next(iter(letters))
        said = f"At most {most:,} letters to this borough are unanswered: these are more"
        wrong.append(Fault(first, said))
    return wrong
