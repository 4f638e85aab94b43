"""Lays an edition out to be read: the same parts in the same order on a page and on paper."""

import datetime
from collections.abc import Iterator

import msgspec

from analysis.disclosure import (
    FEWEST_EVENTS,
    FEWEST_FOR_RATE,
    FEWEST_RESPONDENTS,
    FEWEST_TEXTS,
)
from api.figures import count, day, interval, number, spoken, whole
from api.sheet import (
    actions,
    alerts,
    changes,
    disparities,
    funnels,
    logs,
    opening,
    panels,
    police,
    recoded,
    restated,
    samples,
)
from api.sheet import themes as written
from api.sheet.nouns import Cell, Part, Sheet, Stat, Table, said, spoken_for, told
from api.sheet.perception import (
    LEVEL,
    at_a_glance,
    by_borough,
    names_of,
    over_time,
    together,
)
from api.sheet.police import limits, rate, rates, tactics
from api.sheet.published import published
from api.sheet.themes import received, themes
from survey.editions import Edition
from survey.reports import Estimate, Rate

MOST_ALERTS = 6
TITLES = {"weekly": "Weekly report", "monthly": "Monthly report"}
WHY = (
    f"A figure is withheld where it rests on fewer than {FEWEST_EVENTS} persons or events, "
    f"{FEWEST_RESPONDENTS} respondents or {FEWEST_TEXTS} texts, and a rate where it rests on "
    f"fewer than {FEWEST_FOR_RATE} events, so that no one can be identified. Where figures are "
    "withheld beside a total, the next smallest goes with them. What is withheld and what is "
    "missing look alike."
)


def laid_out(kept: Edition, sha256: str) -> Sheet:
    edition = windowed(kept)
    made = edition.data_as_of
    return Sheet(
        title=f"{TITLES[edition.kind]}: {edition.city}",
        period=f"{day(edition.start)} to {day(edition.end)}",
        label=label_of(edition),
        kind=edition.kind,
        start=edition.start.isoformat(),
        number=edition.number,
        as_of=day(made),
        made_on=(made.year, made.month, made.day),
        sha256=sha256,
        synthetic=edition.synthetic,
        headline=tuple(map(spoken, edition.headline)),
        stats=tuple(stats(edition)),
        parts=tuple(map(spoken_for, parts(edition))),
        annex=tuple(map(spoken_for, annex(edition))),
        notes=tuple(opening.notes(edition)),
        planted=edition.planted,
        strip=opening.STRIP,
        basis=basis(edition, sha256),
        attribution=edition.attribution,
    )


def windowed(edition: Edition) -> Edition:
    """From when the index and the rates count: a week borrows from the weeks before it."""
    weeks = (4, 13) if edition.kind == "weekly" else (None, None)
    index_from, rates_from = (
        edition.end - datetime.timedelta(days=7 * n - 1) if n else edition.start for n in weeks
    )
    return msgspec.structs.replace(
        edition,
        index_from=edition.index_from or index_from,
        rates_from=edition.rates_from or rates_from,
    )


def label_of(edition: Edition) -> str:
    """The week by its number, the month by its name."""
    year, week, _ = edition.start.isocalendar()
    if edition.kind == "weekly":
        return f"Week {week} of {year}"
    return day(edition.start).split(" ", 1)[1]


def parts(edition: Edition) -> Iterator[Part]:
    """A week's one side, or the whole of a month."""
    yield from weekly(edition) if edition.kind == "weekly" else monthly(edition)


def weekly(edition: Edition) -> Iterator[Part]:
    names = names_of(edition)
    yield from over_time(edition)
    yield from police.by_week(edition)
    yield from at_a_glance(edition)
    yield from changes.changed_things(edition, names)
    yield from written.top(edition)
    yield from alerts.part(edition, names, MOST_ALERTS)


def annex(edition: Edition) -> Iterator[Part]:
    """What a week's one side has no room for."""
    if edition.kind == "monthly":
        return
    names = names_of(edition)
    yield from alerts.rest(edition, names, MOST_ALERTS)
    yield from by_borough(edition)
    yield from funnels.funnels(edition, names)
    yield from published(edition)
    yield from rates(edition, names)
    yield from tactics(edition)
    yield from disparities.persons(edition)
    yield from restated.part(edition, names)
    yield from together(edition)
    yield from themes(edition, names)
    yield from recoded.part(edition)
    yield from changes.moved(edition, names)
    yield from logs.disclosure(edition)
    yield from logs.quality(edition)
    yield from actions.part(edition)
    yield in_mind(edition)


def monthly(edition: Edition) -> Iterator[Part]:
    names = names_of(edition)
    yield from changes.summary(edition)
    yield from alerts.part(edition, names)
    yield from samples.method(edition)
    yield from over_time(edition)
    yield from at_a_glance(edition)
    yield from samples.small_areas(edition, names) if edition.small_areas else by_borough(edition)
    yield from samples.groups(edition)
    yield from samples.agreement(edition)
    yield from samples.reliability(edition)
    yield from published(edition)
    yield from funnels.funnels(edition, names)
    yield from rates(edition, names)
    yield from police.by_week(edition)
    yield from tactics(edition)
    yield from disparities.disparities(edition)
    yield from disparities.fired(edition)
    yield from disparities.persons(edition)
    yield from panels.complained(edition)
    yield from together(edition)
    yield from panels.profile(edition)
    yield from panels.starts(edition)
    yield from themes(edition, names)
    yield from recoded.part(edition)
    yield from changes.moved(edition, names)
    yield from restated.part(edition, names)
    yield from logs.disclosure(edition)
    yield from logs.quality(edition)
    yield from actions.part(edition)
    yield in_mind(edition)


def stats(edition: Edition) -> Iterator[Stat]:
    window = since(edition.start, edition)
    yield from opening.deployed(edition, window)
    yield from opening.of_care(edition, window)
    yield from opening.about_taser(edition, window)
    yield from indexed(edition)
    if edition.this_period is None:
        yield from counted(edition, "Deployments", edition.deployments, "deployment_rate")
    if edition.about_taser is None:
        yield from counted(edition, "Complaints", edition.complaints, "complaint_rate")
    if any(row.domain == edition.city for row in edition.received):
        yield Stat(
            label="Chose to write",
            window=window,
            value=said(count(received(edition, "open"))),
            base="Not representative; no margin of error",
            stream="open",
            measure=told("received")[0],
        )


def indexed(edition: Edition) -> Iterator[Stat]:
    for one in edition.index:
        if one.domain == edition.city:
            shown = one.value is not None
            base = f"{count(one.n)} respondents"
            if one.effective_n is not None:
                base += f", worth {whole(one.effective_n)} after weighting"
            yield Stat(
                label="Perception Index",
                window=since(edition.index_from, edition),
                value=said(number(one.value) if one.value is not None else "withheld"),
                interval=f"of 100; {LEVEL} {interval(one.low, one.high)}" if shown else "",
                base=base,
                stream="sampled",
                scale=scale(one),
                measure=told("perception_index")[0],
            )


def scale(one: Estimate) -> tuple[float, float, float] | None:
    if one.value is None or one.low is None or one.high is None:
        return None
    return one.low, one.value, one.high


def since(start: datetime.date | None, edition: Edition) -> str:
    """How long a figure counts, in whole weeks where it is so."""
    weeks, rest = divmod((edition.end - (start or edition.start)).days + 1, 7)
    if rest:
        return label_of(edition)
    return f"{weeks}\N{NO-BREAK SPACE}weeks" if weeks > 1 else "this\N{NO-BREAK SPACE}week"


def counted(edition: Edition, label: str, found: tuple[Rate, ...], measure: str) -> Iterator[Stat]:
    for one in found:
        if one.domain == edition.city:
            rated = one.per_10_000 is not None
            yield Stat(
                label=label,
                window=since(edition.rates_from, edition),
                value=said(count(one.events)),
                interval=f"{rate(one)} per 10,000 residents" if rated else "",
                base=f"{LEVEL} {limits(one)}" if rated else "No rate for fewer than 10",
                measure=told(measure)[0],
            )


def in_mind(edition: Edition) -> Part:
    hidden = edition.withheld
    some = "1 figure is" if hidden == 1 else f"{whole(hidden)} figures are"
    return Part(
        key="caveats",
        heading="What to keep in mind",
        points=(
            *edition.caveats,
            f"{some} withheld. {WHY}" if hidden else f"No figure is withheld. {WHY}",
        ),
        folded=(answers(edition),) if edition.received else (),
        measures=told("received"),
    )


def answers(edition: Edition) -> Table:
    names = names_of(edition)
    return Table(
        caption="What was received, by stream; never added up",
        head=("Area", "Answers of residents asked", "People who chose to write", "Complaints"),
        rows=tuple(
            (
                Cell(names(row.domain)),
                said(count(row.sampled)),
                said(count(row.open)),
                said(count(row.complaints)),
            )
            for row in edition.received
        ),
    )


def basis(edition: Edition, sha256: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Method", edition.method_version),
        ("Population", edition.population_basis),
        ("Codebook of themes", f"version {edition.codebook}"),
        *((name, told_so) for name, told_so in made_by(edition) if told_so),
        ("Fingerprint (SHA-256)", sha256),
    )


def made_by(edition: Edition) -> Iterator[tuple[str, str]]:
    """The code, the input and the seeds that make the same edition again."""
    yield "Code", edition.code_version
    yield "Input (SHA-256)", edition.inputs_sha256
    yield "Seeds", ", ".join(f"{name} {seed}" for name, seed in edition.seeds)
