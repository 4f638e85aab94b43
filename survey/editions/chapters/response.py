"""Who answered the survey and who did not, and how those who did compare with who lives there."""

import datetime
from typing import Literal

import msgspec

from survey.editions.chapters.sample import GroupDimension
from survey.editions.figures import FigureTable
from survey.surveys.samples import LETTER_OUTCOMES

RATES = (*(f"rr{n}" for n in range(1, 7)), "coop1", "coop2", "eligible")  # AAPOR's
# Where it is known from why people did not answer.
OutcomeSource = Literal["letters", "visits", "both"]


class SampleResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the people invited from the day `since`, by AAPOR's dispositions and rates.

    `answered` sent something: `complete` (I) every question of the index, `partial` (P) enough of
    it, `broken_off` less. `refused` to `ineligible` are people of whom somebody wrote down why they
    did not answer (`recorded`): from letters, from visits of interviewers, or in some boroughs from
    one and in others from the other (`source`). `silent` are all others. `rr1` to `coop2` as AAPOR
    defines them.
    `as_of` names counts that are repeated from an earlier edition, each with the day up to which
    that edition counted it; the others count to the end of the period.
    """

    since: datetime.date | None
    recorded: bool
    invited: int | None
    answered: int | None
    complete: int | None
    partial: int | None
    broken_off: int | None
    refused: int | None
    not_reached: int | None
    unable: int | None
    undelivered: int | None
    ineligible: int | None
    silent: int | None
    rr1: float | None = None
    rr2: float | None = None
    rr3: float | None = None
    rr4: float | None = None
    rr5: float | None = None
    rr6: float | None = None
    coop1: float | None = None
    coop2: float | None = None
    eligible: float | None = None
    source: OutcomeSource = "letters"
    as_of: tuple[tuple[str, datetime.date], ...] = ()


def met_response(table: FigureTable) -> SampleResponse:
    """What became of people whom the police met and who were asked about it.

    An answer is sent only with every question answered that needs one, so each counts as complete
    and none as partial or broken off.
    """
    answered, silent = table.count("answered"), table.figure("silent").value
    given: dict[str, object] = {
        "since": table.first,
        "recorded": bool(table.number("recorded")),
        "invited": table.count("asked"),
        **dict.fromkeys(("answered", "complete"), answered),
        **dict.fromkeys(("partial", "broken_off"), 0),
        "silent": None if silent is None else round(silent),
        "as_of": tuple((one.row, one.until) for one in table.counts if one.until),
        **{name: table.count("letters", name) for name in LETTER_OUTCOMES},
        **{name: table.figure(name).value for name in RATES},
    }
    return msgspec.convert(given, SampleResponse)


class AreaResponse(msgspec.Struct, frozen=True, kw_only=True):
    """People of a borough who were invited, who answered completely, and the share of these (RR1).

    The borough is where they were drawn.
    """

    area: str
    invited: int | None
    complete: int | None
    rr1: float | None


class GroupRepresentation(msgspec.Struct, frozen=True, kw_only=True):
    """A group's share of the answers and of the residents of 16 and over, each from 0 to 1.

    `n` answers with an index; their share as they came (`answers`), by their chance of being drawn
    (`drawn`), as weighted for the edition (`weighted`), and of `residents`.
    """

    dimension: GroupDimension
    category: str
    n: int | None
    answers: float | None
    drawn: float | None
    weighted: float | None
    residents: float | None
