"""The top of a report: what data were received, and the key figures."""

from collections.abc import Iterator

from api.editions.chapters.deployments import rate_limits, rate_text
from api.editions.report import KeyFigure, measure_links, text_cell
from api.formatting import TO, format_count, format_day, format_whole, tactic_name
from survey.editions.chapters.deployments import VulnerableUses
from survey.editions.edition import Edition
from survey.editions.figures import Rate

STRIP = (
    "Association is not proof of cause. Residents are not the people whom police met. Who chose to "
    "write stands for nobody else. Withheld and empty look alike."
)


def edition_notes(edition: Edition) -> Iterator[str]:
    """What data were received, and whether this edition or its figures correct others."""
    found = edition.completeness
    if found is not None:
        yield (
            f"Answers from {format_whole(found.areas)} of {format_whole(found.of_areas)} "
            "boroughs; deployments "
            f"told for {format_whole(found.weeks)} of {format_whole(found.of_weeks)} weeks; "
            f"{late_in_words(found.late)} told late."
        )
    if edition.number > 1:
        earlier = "edition 1" if edition.number == 2 else f"editions 1 to {edition.number - 1}"
        yield f"This edition corrects {earlier} of the same period; nothing earlier was changed."
    if edition.restated:
        yield (
            f"Published figures told otherwise than before: {format_whole(len(edition.restated))}."
        )


def late_in_words(number_of: int | None) -> str:
    if number_of is None:
        return "a few"
    return format_whole(number_of) if number_of else "none"


def deployments_key_figure(edition: Edition, window: str) -> Iterator[KeyFigure]:
    """The deployments of the period, with the range expected from the weeks before."""
    found = edition.this_period
    if found is None:
        return
    expected = ""
    if found.low is not None and found.high is not None:
        expected = f"Expected: {format_whole(found.low)}{TO}{format_whole(found.high)}. "
    uses = ", ".join(
        f"{tactic_name(one).casefold()} {format_whole(n)}"
        for one, n in edition.tactics
        if n and one != "ced"  # any use, if a publisher reports no details
    )
    yield KeyFigure(
        label="Deployments",
        window=window,
        value=text_cell(format_count(found.events)),
        interval=f"{expected}{uses.capitalize()}{'.' if uses else ''}".strip(),
        base=""
        if found.cumulative is None
        else f"Since {format_day(found.since)}: {format_count(found.cumulative)}",
        measure=measure_links("expected_deployments")[0],
    )


def persons_key_figure(edition: Edition, window: str) -> Iterator[KeyFigure]:
    """Persons under 18, and persons flagged as vulnerable; one person may be both."""
    kinds = {one.kind: one for one in edition.persons}
    young, flagged = kinds.get("under_18"), kinds.get("any_disability")
    if young is None:
        return
    yield KeyFigure(
        label="Persons under 18",
        window=window,
        value=text_cell(format_count(young.period)),
        interval=since_text(young),
        base=f"Flagged as vulnerable: {format_count(flagged.period)}" if flagged else "",
        measure=measure_links("persons_of_care")[0],
    )


def since_text(one: VulnerableUses) -> str:
    return f"Since {format_day(one.since)}: {format_count(one.window)}"


def taser_key_figure(edition: Edition, window: str) -> Iterator[KeyFigure]:
    found = edition.about_taser
    if found is None:
        return
    one: Rate = found.rate
    rated = f"{rate_text(one)} per 10,000 residents ({rate_limits(one)})"
    usual = (
        "" if found.median is None else f"Median week of the last 13: {format_whole(found.median)}"
    )
    yield KeyFigure(
        label="Complaints of Taser",
        window=window,
        value=text_cell(format_count(one.events)),
        interval=rated if one.per_10_000 is not None else "",
        base=usual,
        measure=measure_links("complaints_about")[0],
    )
