"""The outcome report: the conditions on which a trial was approved, and what was measured since.

It is made from what monthly reports have published and from nothing else: no answer, complaint or
deployment is counted for it, so it says nothing that its readers could not put together (decision
0043). Nothing is said of why a figure moved.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from analysis.disclosure import rounded_figure, uses_window
from analysis.disclosure.gates import treatments
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.chapters.recommendations import DIGITS, find_figure, moved_figures
from analysis.editions.workings import Workings
from survey.editions import IDENTITY_FIELDS, Correction, Edition
from survey.editions.force import EditionDisparity
from survey.editions.recommendations import (
    MEASURES,
    LedgerMeasure,
    LedgerRow,
    LifeMonth,
    LifeRatio,
    Movement,
    MovementVerdict,
    RecommendationStatus,
    TrialOutcome,
    as_printed,
)
from survey.sentences import N_, Sentence
from survey.words import LONDON, Words

TRIAL = 0  # the number under which figures of the whole trial are compared; rows begin at 1
# What the city's figures of the newest report are copied with.
COPIED = ("attribution",)
DECIDED = N_(
    "Conditions of the trial that are met: {met} of {all}. Met in part: {partly}. Not met: "
    "{missed}. Not decided, or not to be seen: {other}."
)
INDEX_MOVED: dict[MovementVerdict, str] = {
    "rose": N_(
        "The perception index rose from {was} before the trial to {now}: more than chance explains."
    ),
    "fell": N_(
        "The perception index fell from {was} before the trial to {now}: more than chance explains."
    ),
    "unclear": N_(
        "The perception index was {was} before the trial and is {now}: chance can explain that."
    ),
}
NOTHING_BEFORE = N_(
    "The perception index is not compared: no monthly report from before the trial can be set "
    "against the newest one."
)
CAVEATS = (
    N_("A figure that moved does not show that the trial is why."),
    N_("The figures are those that monthly reports printed; what they withheld is not in them."),
    N_("No figure of ours measures how officers are trained. Ask the force for its records."),
)


@dataclass(frozen=True, kw_only=True)
class OutcomeInputs:
    """All inputs of an outcome report: `conditions` as they were on the day `data_as_of`, and the
    monthly reports that were published of the trial and of the months before it, the oldest first.
    """

    kind: str = "outcome"
    start: datetime.date
    number: int
    data_as_of: datetime.date
    conditions: Sequence[LedgerRow]
    reports: Sequence[Edition]
    code_version: str = ""
    planted: str = ""
    salt: str = ""
    correction: Correction | None = None
    words: Words = LONDON

    @property
    def newest(self) -> Edition:
        return self.reports[-1]


def outcome_edition(inputs: OutcomeInputs) -> Edition:
    """The outcome report before the gate: its rows, and the newest month's figures of the city."""
    newest = inputs.newest
    fields = {name: getattr(newest, name) for name in (*IDENTITY_FIELDS, *COPIED)}
    about = {
        "kind": "outcome",
        "start": inputs.start,
        "number": inputs.number,
        "data_as_of": inputs.data_as_of,
        "index_from": newest.index_from or newest.start,
        "rates_from": newest.rates_from or newest.start,
        "code_version": inputs.code_version,
        "planted": inputs.planted,
        "correction": inputs.correction,
        "caveats": tuple(map(Sentence, CAVEATS)),
    }
    copied = Edition(
        **(fields | about),
        index=tuple(row for row in newest.index if row.domain == newest.city)[:1],
        deployments=tuple(row for row in newest.deployments if row.domain == newest.city),
        complaints=tuple(row for row in newest.complaints if row.domain == newest.city),
    )
    rows = tuple(map(as_printed, inputs.conditions))
    asked: dict[int, tuple[datetime.date, Sequence[LedgerMeasure]]] = {
        row.id: (row.since, row.measures) for row in rows
    }
    moved = moved_figures(asked | {TRIAL: (inputs.start, MEASURES)}, copied, inputs.reports)
    said = tuple(outcome_sentences([row.status for row in rows], moved[TRIAL][0]))
    return replace(
        copied,
        recommendations=tuple(replace(row, movements=moved[row.id]) for row in rows),
        trial=trial_outcome(inputs, moved[TRIAL]),
        lead=said,
        headline=said,
    )


def outcome_sentences(
    decided: Sequence[RecommendationStatus], index: Movement
) -> Iterator[Sentence]:
    """What people decided of the conditions, and whether the perception index moved."""
    met, partly, missed = (decided.count(status) for status in ("done", "partly", "rejected"))
    yield Sentence(
        DECIDED,
        all=len(decided),
        met=met,
        partly=partly,
        missed=missed,
        other=len(decided) - met - partly - missed,
    )
    message = INDEX_MOVED.get(index.verdict)
    if message is None or index.was is None or index.now is None:
        yield Sentence(NOTHING_BEFORE)
    else:
        yield Sentence(message, was=f"{index.was:.1f}", now=f"{index.now:.1f}")


def trial_outcome(inputs: OutcomeInputs, moved: Sequence[Movement]) -> TrialOutcome:
    within = [report for report in inputs.reports if report.end >= inputs.start]
    newest, before = inputs.newest, inputs.reports[: -len(within)]
    persons = [row for row in newest.persons if row.window]
    days = [(row.since, row.until or newest.end) for row in persons]
    return TrialOutcome(
        before=before[-1].end if before else None,
        months=tuple(map(life_month, (*before[-1:], *within))),
        moved=tuple(moved),
        ratios=tuple(life_ratios(within)),
        persons=tuple((row.kind, row.window or 0) for row in persons),
        persons_days=days[0] if days else None,
    )


def life_month(report: Edition) -> LifeMonth:
    """What a monthly report printed of the city; a rate r of d days as r · 365.25/d a year."""
    index = next((row for row in report.index if row.domain == report.city), None)
    rates = {
        measure: figure and rounded_figure(figure.value, DIGITS[measure])
        for measure in MEASURES
        for figure in [find_figure(report, measure)]
    }
    return LifeMonth(
        start=report.start,
        end=report.end,
        index=index.value if index else None,
        low=index.low if index else None,
        high=index.high if index else None,
        deployments=rates["deployments"],
        complaints=rates["complaints"],
    )


def life_ratios(within: Sequence[Edition]) -> Iterator[LifeRatio]:
    """The ratios by ethnic group against residents that the newest report printed, next to those of
    the first report of the trial that printed them.
    """
    for now in residents_ratios(within[-1]):
        first = next(
            (row, report) for report in within for row in residents_ratios(report)
            if row.key == now.key
        )  # fmt: skip
        yield LifeRatio(
            dimension=now.dimension,
            group=now.group,
            reference=now.reference,
            was=ratio_of(first[0]),
            was_days=ratio_days(*first),
            now=ratio_of(now),
            now_days=ratio_days(now, within[-1]),
        )


def residents_ratios(report: Edition) -> Iterator[EditionDisparity]:
    for row in report.disparities:
        shown = None not in (row.shown.value, row.shown.low, row.shown.high)
        if shown and row.benchmark == "residents" and row.dimension.startswith("ethnicity"):
            yield row


def ratio_of(row: EditionDisparity) -> tuple[float, float, float]:
    return row.shown.value or 0.0, row.shown.low or 0.0, row.shown.high or 0.0


def ratio_days(row: EditionDisparity, report: Edition) -> tuple[datetime.date, datetime.date]:
    window = uses_window(report)
    return row.since or window[0], row.until or window[1]


def gated_trial(step: GateStep) -> TrialOutcome | None:
    """The trial, in an outcome report alone, whose figures monthly reports have published."""
    return step.computed.trial if step.computed.kind == "outcome" else None


def compute(_: Workings) -> ChapterFields:
    """No weekly or monthly edition has it: `outcome_edition` makes it from published ones."""
    return {}


CHAPTER = Chapter(
    name="outcome",
    compute=compute,
    gates={"trial": gated_trial},
    structs={
        TrialOutcome: treatments(plain="before persons_days", gated="months moved ratios persons"),
        LifeMonth: treatments(plain="start end", gated="index low high deployments complaints"),
        LifeRatio: treatments(plain="dimension group reference was_days now_days", gated="was now"),
    },
)


def printed_of_city(report: Edition) -> Edition:
    """A monthly report with what an outcome report reads of it, and nothing of a borough."""
    city = report.city
    return Edition(
        **{name: getattr(report, name) for name in (*IDENTITY_FIELDS, "attribution")},
        index=tuple(row for row in report.index if row.domain == city),
        deployments=tuple(row for row in report.deployments if row.domain == city),
        complaints=tuple(row for row in report.complaints if row.domain == city),
        disparities=report.disparities,
        persons=report.persons,
    )
