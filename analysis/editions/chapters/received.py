"""What was received: answers, complaints per resident, and complaints about Tasers."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from analysis.disclosure import (
    BASES,
    EVENTS,
    PublishedCount,
    complaints_window,
    edition_days,
    gates,
    rounded_count,
)
from analysis.disclosure.gates import treatments
from analysis.editions import perception
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.inputs import WEEK, EditionInputs
from analysis.editions.workings import Workings, counts_by_area
from analysis.statistics import counts, rates
from analysis.statistics.association import LOOK_LEVEL
from analysis.statistics.counts import CountFit
from analysis.statistics.panel import FEWEST_AREAS
from analysis.statistics.sampling.variance import Floats, Labels
from survey.editions import Edition
from survey.editions.caseload import AllegationComplaints, ComplaintRatio, ReceivedCounts
from survey.editions.figures import Rate
from survey.sentences import N_, Sentence, plural_sentence

ALLEGATION = "use_of_force_taser"
WEEKS = 13
FEWEST_WEEKS = 8
FEWEST_COMPLAINTS = 30
# One more per 10,000 is eight times a usual week: the ratio would lie far outside the data.
PER = 100_000
# By how many weeks the complaints come after the deployments.
RATIO_APART = {
    0: N_(
        "Boroughs with one more deployment per 100,000 residents had {ratio} times as many "
        "complaints in the same week (95% interval {low} to {high}), after accounting for "
        "differences between boroughs. Which came first within the week is not known. This is an "
        "association, not proof of cause."
    ),
    1: N_(
        "Boroughs with one more deployment per 100,000 residents had {ratio} times as many "
        "complaints in the following week (95% interval {low} to {high}), after accounting for "
        "differences between boroughs. This is an association, not proof of cause."
    ),
}
RATIO_BETWEEN_LOOKS = {
    0: N_(
        "An estimate, not a verdict: {ratio} times as many complaints in the same week for one "
        "more deployment per 100,000 residents (95% interval {low} to {high}). Which came first "
        "within the week is not known."
    ),
    1: N_(
        "An estimate, not a verdict: {ratio} times as many complaints in the following week for "
        "one more deployment per 100,000 residents (95% interval {low} to {high})."
    ),
}
RATIO_UNCLEAR = {
    0: N_(
        "There is no clear evidence that complaints rise or fall with deployments in the same "
        "week: {ratio} times as many complaints for one more deployment per 100,000 residents (99% "
        "interval {low} to {high})."
    ),
    1: N_(
        "There is no clear evidence that complaints rise or fall with deployments in the week "
        "before: {ratio} times as many complaints for one more deployment per 100,000 residents "
        "(99% interval {low} to {high})."
    ),
}

VOICE_STREAMS = ("open", "complaints")


def compute(workings: Workings) -> ChapterFields:
    inputs = workings.inputs
    # The streams of which nothing came in a year: nobody collects them here.
    streams = (("sampled", inputs.drawn), ("open", inputs.open), ("complaints", inputs.complaints))
    return {
        "complaints": workings.complaints,
        "received": received_counts(inputs),
        "uncollected": tuple(name for name, events in streams if not len(events)),
        "about_taser": taser_complaints(inputs),
        "complained": complaint_ratio(inputs),
        "complained_same_week": complaint_ratio(inputs, lag=0),
    }


def received_counts(inputs: EditionInputs) -> tuple[ReceivedCounts, ...]:
    """Counts received in the period, for the city and each borough; streams are never added up."""
    counted = [
        counts_by_area(inputs, event, inputs.window(event.day))
        for event in (inputs.drawn, inputs.open, inputs.complaints)
    ]
    names = [inputs.city, *inputs.codes]
    city, *areas = (
        ReceivedCounts(
            domain=name, sampled=int(sampled), open=int(open_), complaints=int(complaints)
        )
        for name, sampled, open_, complaints in zip(names, *counted, strict=True)
    )
    return received_with_voices(inputs, city), *areas


def received_with_voices(inputs: EditionInputs, city: ReceivedCounts) -> ReceivedCounts:
    """The city's counts received, also with each campaign counted once."""
    inside = inputs.window(inputs.texts.day)
    spared = []
    for stream in VOICE_STREAMS:
        counted = inputs.texts.voice_weights(inside & (inputs.texts.stream == stream))
        spared.append(len(counted) - round(float(counted.sum())))
    return ReceivedCounts(
        domain=city.domain,
        sampled=city.sampled,
        open=city.open,
        complaints=city.complaints,
        open_voices=max((city.open or 0) - spared[0], 0),
        complaint_voices=max((city.complaints or 0) - spared[1], 0),
    )


def taser_complaints(inputs: EditionInputs) -> AllegationComplaints | None:
    """The complaints about a Taser; None if no complaint of any kind was received, since then none
    were being collected.
    """
    if not len(inputs.complaints):
        return None
    complaints = inputs.about_taser
    count = int(complaints.persons[inputs.window(complaints.day)].sum())
    return AllegationComplaints(
        allegation=ALLEGATION,
        rate=rates.rate(inputs.city, count, population=float(inputs.residents.sum())),
        median=median_weekly_count(inputs),
    )


def median_weekly_count(inputs: EditionInputs) -> float | None:
    """The median of the 13 weeks to the period's end; None if the data covers fewer."""
    last = inputs.day_of(inputs.end)
    if last + 1 < WEEKS * WEEK:
        return None
    complaints = inputs.about_taser
    ago = (last - complaints.day) // WEEK
    inside = (ago >= 0) & (ago < WEEKS)
    weeks = np.bincount(ago[inside], complaints.persons[inside], minlength=WEEKS)
    return float(np.median(weeks))


def complaint_ratio(inputs: EditionInputs, lag: int = 1) -> ComplaintRatio | None:
    """The rate ratio of complaints `lag` weeks after deployments; None without published weeks of
    deployments or without complaints.
    """
    y, x, area, residents = area_week_rows(inputs, lag)
    if not len(y) or not y.sum():
        return None
    areas = len(np.unique(area[y > 0]))
    if why := too_little_reason(y, x, areas, weeks=len(y) // len(np.unique(area))):
        return without_ratio(why, areas)
    try:
        models = counts.area_count_models(y, x, area=area, residents=residents)
    # Sparse counts may not converge, or may leave a singular matrix.
    except (ValueError, np.linalg.LinAlgError):
        return without_ratio(Sentence("The counts are too uneven for a model."), areas)
    plain, clustered = models.negative_binomial, models.clustered
    ratio, low, high = plain.rate_ratio(0)
    _, clustered_low, clustered_high = clustered.rate_ratio(0)
    return ComplaintRatio(
        ratio=ratio,
        low=low,
        high=high,
        clustered_low=clustered_low,
        clustered_high=clustered_high,
        areas=areas,
        left_out=models.left_out,
        dispersion=plain.phi,
        sentence=ratio_sentence(
            (plain, clustered), lag, look=perception.is_look(inputs.kind, inputs.end)
        ),
        per=PER,
        varies_more_than_chance=plain.phi > counts.MOST_DISPERSION,
    )


def area_week_rows(inputs: EditionInputs, lag: int) -> tuple[Floats, Floats, Labels, Floats]:
    """Complaints, deployments per 100,000 `lag` weeks before, borough and residents, as arrays.

    One row a borough and week, for boroughs where residents are the right base and weeks `lag`
    weeks after a published one.
    """
    keep = [i for i, borough in enumerate(inputs.areas) if borough.per_resident]
    residents = inputs.residents
    keep = [i for i in keep if residents[i] > 0]
    weeks = inputs.weeks
    y = np.zeros((len(inputs.areas), weeks))
    week = inputs.complaints.day // WEEK
    inside = (week >= 0) & (week < weeks)
    place = inputs.complaints.area[inside], week[inside]
    np.add.at(y, place, inputs.complaints.persons[inside])
    used = PER * perception.weekly_deployments(inputs)[keep] / residents[keep, None]
    y, x = y[keep, lag:], used[:, : weeks - lag]
    reported = np.isfinite(x)
    area = np.repeat(np.array(inputs.codes)[keep], y.shape[1]).reshape(y.shape)
    people = np.broadcast_to(residents[keep, None], y.shape)
    return y[reported], x[reported], area[reported], people[reported]


def too_little_reason(y: Floats, x: Floats, areas: int, *, weeks: int) -> str:
    """Why no ratio is given; empty if there is enough data."""
    if weeks < FEWEST_WEEKS:
        return plural_sentence(
            "Deployment figures were received for {n} week; at least {fewest} are needed.",
            "Deployment figures were received for {n} weeks; at least {fewest} are needed.",
            n=weeks,
            fewest=FEWEST_WEEKS,
        )
    if y.sum() < FEWEST_COMPLAINTS:
        return Sentence("There were too few complaints.")
    if areas < FEWEST_AREAS:
        return Sentence(
            "Complaints were received from fewer than {fewest} boroughs.", fewest=FEWEST_AREAS
        )
    return "" if np.ptp(x) > 0 else Sentence("No deployment was recorded in these weeks.")


def without_ratio(why: str, areas: int) -> ComplaintRatio:
    return ComplaintRatio(
        ratio=None,
        low=None,
        high=None,
        clustered_low=None,
        clustered_high=None,
        areas=areas,
        left_out=0,
        dispersion=None,
        sentence=Sentence(
            "{reason} Nothing can be said yet about complaints after deployments.", reason=why
        ),
    )


def ratio_sentence(models: tuple[CountFit, CountFit], lag: int, *, look: bool) -> Sentence:
    """The sentence on the ratio, with the wider interval of both models.

    It is judged at a look only: a difference if both models exclude 1 at the level of a look.
    """
    ratio = f"{models[0].rate_ratio(0)[0]:.2f}"
    low, high = widest_limits([model.rate_ratio(0)[1:] for model in models])
    if not look:
        return Sentence(RATIO_BETWEEN_LOOKS[lag], ratio=ratio, low=f"{low:.2f}", high=f"{high:.2f}")
    judged = [model.rate_ratio(0, 1 - LOOK_LEVEL)[1:] for model in models]
    if all(low > 1 or high < 1 for low, high in judged):
        return Sentence(RATIO_APART[lag], ratio=ratio, low=f"{low:.2f}", high=f"{high:.2f}")
    low, high = widest_limits(judged)
    return Sentence(RATIO_UNCLEAR[lag], ratio=ratio, low=f"{low:.2f}", high=f"{high:.2f}")


def widest_limits(limits: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return max(limits, key=lambda limit: limit[1] - limit[0])


def gated_complaints(step: GateStep) -> tuple[Rate, ...]:
    about = ("complaints",), complaints_window(step.computed)
    return gates.gated_rates(step.session, step.computed.complaints, about)


def gated_received(step: GateStep) -> tuple[ReceivedCounts, ...]:
    """Counts received in each stream; the first row is the city's."""
    session, edition = step.session, step.computed
    if not edition.received:
        return ()
    (city, *areas), days = edition.received, edition_days(edition)
    columns = {}
    # Answers are rounded down as bases, so that none seems to pass a threshold it did not reach.
    for stream, rule in (("sampled", BASES), ("open", EVENTS), ("complaints", EVENTS)):
        series, count = (stream, city.domain), getattr(city, stream)
        total = session.total(series, days, count, rule=rule)
        whole = PublishedCount(series, days, total, rule)
        counts = {row.domain: getattr(row, stream) for row in areas}
        shown = session.table(whole, counts, ((stream,), days), rule=rule)
        columns[stream] = {city.domain: total, **shown}
    voices = {
        # Without campaigns these are the same people: next to a withheld count they would be it.
        stream: None
        if columns[stream][city.domain] is None
        else session.total(("all voices", stream), days, count)
        for stream, count in (("open", city.open_voices), ("complaints", city.complaint_voices))
    }
    return tuple(
        replace(
            row,
            **{stream: shown[row.domain] for stream, shown in columns.items()},
            open_voices=voices["open"] if row is city else None,
            complaint_voices=voices["complaints"] if row is city else None,
        )
        for row in edition.received
    )


def gated_taser_complaints(step: GateStep) -> AllegationComplaints | None:
    """The gated complaints about a Taser; the median, the count of some week, is rounded like a
    count.
    """
    complaints = step.computed.about_taser
    if complaints is None:
        return None
    events = step.session.total(
        ("about", complaints.rate.domain), edition_days(step.computed), complaints.rate.events
    )
    median = None if complaints.median is None else rounded_count(round(complaints.median))
    return replace(complaints, rate=gates.gated_rate(complaints.rate, events), median=median)


def stream_counts(edition: Edition) -> Iterator[PublishedCount]:
    city, days = edition.city, edition_days(edition)
    for row in edition.received:
        for stream, count, rule in (
            ("sampled", row.sampled, BASES),
            ("open", row.open, EVENTS),
            ("complaints", row.complaints, EVENTS),
        ):
            whole = None if row.domain == city else (stream, city)
            yield PublishedCount((stream, row.domain), days, count, rule, whole)
    for row in edition.received[:1]:
        for stream, voices in (("open", row.open_voices), ("complaints", row.complaint_voices)):
            yield PublishedCount(("all voices", stream), days, voices)


def taser_counts(edition: Edition) -> Iterator[PublishedCount]:
    about = edition.about_taser
    if about is not None:
        days = edition_days(edition)
        yield PublishedCount(("about", about.rate.domain), days, about.rate.events)


def complaint_counts(edition: Edition) -> Iterator[PublishedCount]:
    city, days = edition.city, complaints_window(edition)
    for rate in edition.complaints:
        whole = None if rate.domain == city else ("complaints", city)
        yield PublishedCount(("complaints", rate.domain), days, rate.events, whole=whole)


CHAPTER = Chapter(
    name="received",
    compute=compute,
    gates={
        "complaints": gated_complaints,
        "received": gated_received,
        "uncollected": "plain",
        "about_taser": gated_taser_complaints,
        "complained": "digits",
        "complained_same_week": "digits",
    },
    structs={
        ReceivedCounts: treatments(
            plain="domain", gated="sampled open complaints open_voices complaint_voices"
        ),
        AllegationComplaints: treatments(plain="allegation", gated="rate median"),
        # The number of boroughs without complaints would distinguish blanks from zeros.
        ComplaintRatio: treatments(
            plain="sentence per varies_more_than_chance",
            digits="ratio low high clustered_low clustered_high dispersion",
            withheld="areas left_out",
        ),
    },
    counts={
        "received": stream_counts,
        "complaints": complaint_counts,
        "about_taser": taser_counts,
    },
)
