"""How many of those who were asked answered, and who did not: in the words of the page."""

from collections.abc import Mapping, Sequence

import msgspec

from analysis.disclosure.counts import rounded_base
from analysis.statistics.sampling.response import Dispositions, ResponseRates, response_rates
from api.formatting import format_share
from api.pages.organiser.sharing.words import count_in_words
from survey.surveys.encounters import DIMENSIONS, AskingWave, Dimension, Tally, WaveSums, add_sums


class GroupRow(msgspec.Struct, frozen=True):
    """A group of those who were asked: its share of them, and of those who answered."""

    name: str
    asked: str
    answered: str
    share_asked: str
    share_answered: str


class GroupTable(msgspec.Struct, frozen=True):
    """The groups of one dimension. `hidden` have fewer than ten people asked."""

    heading: str
    rows: list[GroupRow]
    hidden: int


class ResponseTable(msgspec.Struct, frozen=True):
    """What became of everybody asked; the rates have AAPOR's names."""

    asked: int
    answered: str
    rates: list[tuple[str, str]]
    groups: list[GroupTable]


def response_table(found: Sequence[AskingWave], areas: Mapping[str, str]) -> ResponseTable:
    """The response to all waves of a survey together."""
    sums = add_sums(one.sums for one in found)
    return ResponseTable(
        asked=sums.everybody.asked,
        answered=count_in_words(sums.everybody.answered),
        rates=[] if rounded_base(sums.everybody.answered) is None else rate_rows(found, sums),
        groups=[
            group_table(dimension, sums, areas)
            for dimension in DIMENSIONS
            if len(sums.groups.get(dimension, {})) > 1
        ],
    )


def dispositions(found: Sequence[AskingWave], everybody: Tally) -> Dispositions:
    """AAPOR's dispositions. An answer is stored only when it is sent, with every question answered
    that needs an answer, so each counts as complete (I) and none as partial (P).

    The answers are as many as the page shows, in steps of five, so that no rate reveals how many
    there are.
    """
    complete = rounded_base(everybody.answered) or 0
    outcomes = {
        name: sum(one.outcomes.get(name, 0) for one in found)
        for name in ("refused", "not_reached", "unable", "undelivered", "ineligible")
    }
    # Somebody may answer after a letter was noted as lost: then nobody is silent.
    silent = everybody.asked - complete - sum(outcomes.values())
    return Dispositions(
        invited=everybody.asked,
        complete=complete,
        partial=0,
        silent=max(silent, 0),
        recorded=any(one.outcomes for one in found),
        **outcomes,
    )


RATE_WORDS = {
    "rr1": "RR1 and RR2: of everybody asked, less those found ineligible",
    "rr3": "RR3 and RR4: with the share of the silent who are likely eligible",
    "rr5": "RR5 and RR6: of those known to be eligible",
    "coop1": "COOP1 and COOP2: of those who were reached",
}


def rate_rows(found: Sequence[AskingWave], sums: WaveSums) -> list[tuple[str, str]]:
    """The rates that the dispositions give. With no partial answer each pair of them is one."""
    rates: ResponseRates = response_rates(dispositions(found, sums.everybody))
    values = rates._asdict()
    return [
        (words, format_share(values[name]))
        for name, words in RATE_WORDS.items()
        if values[name] is not None
    ]


def group_table(dimension: Dimension, sums: WaveSums, areas: Mapping[str, str]) -> GroupTable:
    """The groups that are large enough to be shown; shares are of those with a known group."""
    tallies = sums.groups[dimension]
    shown = {name: one for name, one in tallies.items() if rounded_base(one.asked) is not None}
    asked = sum(one.asked for one in tallies.values())
    answered = sum(one.answered for one in tallies.values())
    return GroupTable(
        heading=DIMENSIONS[dimension],
        rows=[
            GroupRow(
                name=areas.get(name, name),
                asked=count_in_words(one.asked),
                answered=count_in_words(one.answered),
                share_asked=rounded_share(one.asked, asked),
                share_answered=rounded_share(one.answered, answered),
            )
            for name, one in shown.items()
        ],
        hidden=len(tallies) - len(shown),
    )


def rounded_share(part: int, whole: int) -> str:
    """The share made from the counts that are shown, so that it reveals no other; "–" if none."""
    over, under = rounded_base(part), rounded_base(whole)
    return "–" if over is None or not under else f"about {format_share(min(over / under, 1.0))}"
