"""Demands that the working group has opened: who is for them, against them, or under conditions."""

import itertools
from collections.abc import Iterator

from analysis.disclosure import TEXTS
from analysis.editions.chapter import Chapter, CountRule, FigureRule, TableRules
from analysis.editions.workings import Workings
from analysis.themes import stances
from survey.editions.figures import FigureTable, TableFigure, table_counts
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
    """The stances in the texts of each demand and stream, or why there are no shares.

    `texts` is the corrected number of texts that take a stance, `voices` that number with each
    campaign counted once, `own` how many texts are of the campaign that the demand came from and so
    count as for it. `labels` is how many texts chosen at random were labelled; the machine's
    balanced `accuracy` is over `read` texts. Each stance has its `share` of the texts that take one
    (0 to 1), and in `once` its share with each campaign counted once.
    """
    for demand, stream in itertools.product(workings.inputs.demands, STREAMS):
        texts, read = demand.texts.of_stream(stream), demand.accuracy
        if not len(texts):
            continue
        labels = int(texts.random_part().sum())
        if labels < FEWEST_OF_STREAM or read is None:
            missing = "labels"
        else:
            missing = "reading" if status_against(read, STANCE_PASS_MARK) == "below" else ""
        every = {} if missing else stances.stance_shares(texts)
        copied = bool(every) and bool((texts.campaign >= 0).any()) and not texts.is_sampled
        once = stances.stance_shares(texts, once=True) if copied else {}
        counts = {"voices": stances.number_taking(texts, once=True)} if copied else {}
        if every:
            counts |= {"texts": stances.number_taking(texts), "own": int(texts.own.sum())}
        accuracy = {"": read} if read else {}
        yield FigureTable(
            kind=STANCES.kind,
            key=(demand.id, stream),
            domain=workings.inputs.city,
            first=workings.inputs.first,
            last=workings.inputs.end,
            facts=(
                *(("sentence", demand.sentence), ("labels", labels)),
                ("read", read.n if read else 0),
            ),
            missing=missing if missing or every else "few",
            counts=table_counts(*((name, "", count) for name, count in counts.items())),
            figures=tuple(
                TableFigure(
                    name=name, row=row, value=estimate.value, low=estimate.low, high=estimate.high
                )
                for name, rows in (("accuracy", accuracy), ("share", every), ("once", once))
                for row, estimate in rows.items()
            ),
        )


CHAPTER = Chapter(name="demands", tables=(STANCES,), compute_tables=compute)
