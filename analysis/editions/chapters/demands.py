"""Demands that the working group has opened: who is for them, against them, or under conditions."""

from collections.abc import Iterator

from analysis.disclosure.counts import TEXTS
from analysis.editions.chapter import Chapter, CountRule, FigureRule, TableRules
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from analysis.themes import stances
from analysis.themes.stances import DemandTexts, StanceTexts
from survey.editions.figures import FigureTable, TableCount, TableFigure
from survey.themes.demands import FEWEST_OF_STREAM, STANCE_PASS_MARK
from survey.themes.double_coding import STREAMS, status_against

# A share of fewer texts than ten is withheld: it is an estimate from labels, but must not seem to
# point at one of them.
STANCES = TableRules(
    kind="demands",
    facts=("sentence", "labels", "read"),
    counts={
        "texts": CountRule("demand", TEXTS, cells=True),
        "voices": CountRule("demand once", TEXTS, cells=True),
        "own": CountRule("demand own", TEXTS, cells=True),
    },
    figures={
        "accuracy": FigureRule(),
        "share": FigureRule(of="texts"),
        "once": FigureRule(of="voices", beside="share"),
    },
    needs=("texts",),
    stays=True,
)


def compute(workings: Workings) -> Iterator[FigureTable]:
    """A table for each demand and stream of which there are texts."""
    for demand in workings.inputs.demands:
        for stream in STREAMS:
            texts = demand.texts.of_stream(stream)
            if len(texts):
                yield stance_table(workings.inputs, demand, stream, texts)


def stance_table(
    inputs: EditionInputs, demand: DemandTexts, stream: str, texts: StanceTexts
) -> FigureTable:
    """The stances in the texts of a stream, or why there are no shares.

    `texts` is the corrected number of those that take a stance, `voices` the same with each
    campaign counted once, `own` how many are of the campaign that the demand came from: these count
    as for it. `labels` texts chosen at random were labelled; the machine's balanced `accuracy` is
    of `read` texts. Each stance has its `share` of the texts that take one (0 to 1), and the same
    with each campaign counted `once`.
    """
    labels, read = int(texts.random_part().sum()), demand.accuracy
    if labels < FEWEST_OF_STREAM or read is None:
        missing = "labels"
    else:
        missing = "reading" if status_against(read, STANCE_PASS_MARK) == "below" else ""
    every = {} if missing else stances.stance_shares(texts)
    copied = bool((texts.campaign >= 0).any()) and not texts.is_sampled
    once = stances.stance_shares(texts, once=True) if every and copied else {}
    counts = {}
    if every:
        counts = {"texts": stances.number_taking(texts), "own": int(texts.own.sum())}
    if every and copied:
        counts["voices"] = stances.number_taking(texts, once=True)
    accuracy = {} if read is None else {"": read}
    return FigureTable(
        kind=STANCES.kind,
        key=(demand.id, stream),
        domain=inputs.city,
        first=inputs.first,
        last=inputs.end,
        facts=(("sentence", demand.sentence), ("labels", labels), ("read", read.n if read else 0)),
        missing=missing if missing or every else "few",
        counts=tuple(TableCount(name=name, count=count) for name, count in counts.items()),
        figures=tuple(
            TableFigure(name=name, row=row, value=one.value, low=one.low, high=one.high)
            for name, rows in (("accuracy", accuracy), ("share", every), ("once", once))
            for row, one in rows.items()
        ),
    )


CHAPTER = Chapter(name="demands", tables=(STANCES,), compute_tables=compute)
