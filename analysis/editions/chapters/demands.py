"""Demands that the working group has opened: who is for them, against them, or under conditions."""

from collections.abc import Iterator, Sequence

import msgspec

from analysis.coding import stances
from analysis.coding.stances import DemandTexts, StanceTexts
from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.counts import TEXTS, rounded_figure
from analysis.disclosure.fields import treatments
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from survey.coding.demands import FEWEST_OF_STREAM, STANCE_PASS_MARK
from survey.coding.double_coding import STREAMS, status_against
from survey.editions.chapters.demands import DemandStances, NoShares, StanceShare
from survey.editions.edition import Edition


def compute(workings: Workings) -> ChapterFields:
    inputs = workings.inputs
    return {
        "demands": tuple(
            found
            for one in inputs.demands
            for stream in STREAMS
            for found in stances_in_stream(inputs, one, stream)
        )
    }


def stances_in_stream(
    inputs: EditionInputs, demand: DemandTexts, stream: str
) -> Iterator[DemandStances]:
    """The stances in the texts of a stream, from the first day of the inputs on;
    nothing where no text is about the demand.
    """
    texts = demand.texts.of_stream(stream)
    if not len(texts):
        return
    labels = int(texts.random_part().sum())
    blank = DemandStances(
        demand=demand.id,
        sentence=demand.sentence,
        stream=stream,
        domain=inputs.city,
        since=inputs.first,
        until=inputs.end,
        labels=labels,
        accuracy=demand.accuracy,
        missing=missing_shares(demand, labels),
    )
    yield blank if blank.missing else with_shares(blank, texts)


def missing_shares(demand: DemandTexts, labels: int) -> NoShares:
    """Why the stances of a stream have no shares: too few labels, or a machine that reads badly."""
    if labels < FEWEST_OF_STREAM or demand.accuracy is None:
        return "labels"
    return "reading" if status_against(demand.accuracy, STANCE_PASS_MARK) == "below" else ""


def with_shares(blank: DemandStances, texts: StanceTexts) -> DemandStances:
    every, once = (stances.stance_shares(texts, once=one) for one in (False, True))
    if not every:
        return msgspec.structs.replace(blank, missing="few")
    copied = bool((texts.campaign >= 0).any()) and not texts.is_sampled
    return msgspec.structs.replace(
        blank,
        texts=stances.number_taking(texts),
        voices=stances.number_taking(texts, once=True) if copied else None,
        own=int(texts.own.sum()),
        shares=tuple(
            StanceShare(
                stance=one,
                share=found.value,
                low=found.low,
                high=found.high,
                once_share=once[one].value if copied and one in once else None,
                once_low=once[one].low if copied and one in once else None,
                once_high=once[one].high if copied and one in once else None,
            )
            for one, found in every.items()
        ),
    )


def gated_demands(step: GateStep) -> tuple[DemandStances, ...]:
    """The stances of ten texts or more. A share of fewer texts than that is withheld: it is an
    estimate from labels, but it must not seem to point at one of them.
    """
    return tuple(gated_stances(step, one) for one in step.found.demands)


def gated_stances(step: GateStep, one: DemandStances) -> DemandStances:
    if one.missing:
        return one
    days = one.since, one.until
    texts = step.session.total(("demand", one.demand, one.stream), days, one.texts, rule=TEXTS)
    if not texts:
        return last_stances(step.current, one) or msgspec.structs.replace(
            one, texts=None, voices=None, own=None, shares=(), missing="few"
        )
    series = "demand once", one.demand
    voices = step.session.table(None, {one.stream: one.voices}, (series, days), rule=TEXTS)
    own = step.session.table(
        None, {one.stream: one.own}, (("demand own", one.demand), days), rule=TEXTS
    )
    return msgspec.structs.replace(
        one,
        texts=texts,
        voices=voices[one.stream],
        own=own[one.stream],
        shares=tuple(gated_share(share, one.texts, one.voices) for share in one.shares),
    )


def last_stances(current: Sequence[Edition], one: DemandStances) -> DemandStances | None:
    """What a current edition last counted of the demand in a stream: where too few texts were added
    since, to repeat it reveals nothing.
    """
    known = [
        row
        for edition in current
        for row in edition.demands
        if (row.demand, row.stream) == (one.demand, one.stream)
        and row.texts
        and row.until < one.until
        and row.until == edition.end
    ]
    return max(known, key=lambda row: row.until, default=None)


def gated_share(one: StanceShare, texts: int | None, voices: int | None) -> StanceShare:
    every = is_many(one.share, texts)
    once = every and is_many(one.once_share, voices)
    return msgspec.structs.replace(
        one,
        share=rounded_figure(one.share) if every else None,
        low=rounded_figure(one.low) if every else None,
        high=rounded_figure(one.high) if every else None,
        once_share=rounded_figure(one.once_share) if once else None,
        once_low=rounded_figure(one.once_low) if once else None,
        once_high=rounded_figure(one.once_high) if once else None,
    )


def is_many(share: float | None, of_texts: int | None) -> bool:
    return (
        share is not None
        and of_texts is not None
        and TEXTS.cell(round(share * of_texts)) is not None
    )


def demand_counts(edition: Edition) -> Iterator[PublishedCount]:
    """The texts that take a stance, also with each campaign once, and those of the own campaign."""
    for one in edition.demands:
        days = one.since, one.until
        key = one.demand, one.stream
        yield PublishedCount(("demand", *key), days, one.texts, TEXTS)
        yield PublishedCount(("demand once", *key), days, one.voices, TEXTS)
        yield PublishedCount(("demand own", *key), days, one.own, TEXTS)


CHAPTER = Chapter(
    name="demands",
    compute=compute,
    gates={"demands": gated_demands},
    structs={
        DemandStances: treatments(
            plain="demand sentence stream domain since until labels missing",
            gated="texts voices own shares accuracy",
        ),
        StanceShare: treatments(
            plain="stance", gated="share low high once_share once_low once_high"
        ),
    },
    counts={"demands": demand_counts},
)
