"""What opens a sheet: what had come in, and the numbers of the week or month."""

from collections.abc import Iterator

from api.figures import TO, count, day, tactic_name, whole
from api.sheet.nouns import Stat, said, told
from api.sheet.police import limits, rate
from survey.disparities import Persons
from survey.editions import Edition
from survey.reports import Rate

STRIP = (
    "Association is not proof of cause. Residents are not the people whom police met. Who chose to "
    "write stands for nobody else. Withheld and empty look alike."
)


def notes(edition: Edition) -> Iterator[str]:
    """What had come in, and whether this edition or its figures were corrected."""
    found = edition.completeness
    if found is not None:
        yield (
            f"Answers from {whole(found.areas)} of {whole(found.of_areas)} boroughs; deployments "
            f"told for {whole(found.weeks)} of {whole(found.of_weeks)} weeks; "
            f"{late(found.late)} told late."
        )
    if edition.number > 1:
        earlier = "edition 1" if edition.number == 2 else f"editions 1 to {edition.number - 1}"
        yield f"This edition corrects {earlier} of the same period; nothing earlier was changed."
    if edition.restated:
        yield f"Published figures told otherwise than before: {whole(len(edition.restated))}."


def late(number_of: int | None) -> str:
    if number_of is None:
        return "a few"
    return whole(number_of) if number_of else "none"


def deployed(edition: Edition, window: str) -> Iterator[Stat]:
    """The period's deployments beside what the weeks before would lead to expect."""
    found = edition.this_period
    if found is None:
        return
    expected = ""
    if found.low is not None and found.high is not None:
        expected = f"Expected: {whole(found.low)}{TO}{whole(found.high)}. "
    uses = ", ".join(
        f"{tactic_name(one).casefold()} {whole(n)}"
        for one, n in edition.tactics
        if n and one != "ced"  # any use, where a publisher tells no more
    )
    yield Stat(
        label="Deployments",
        window=window,
        value=said(count(found.events)),
        interval=f"{expected}{uses.capitalize()}{'.' if uses else ''}".strip(),
        base=""
        if found.cumulative is None
        else f"Since {day(found.since)}: {count(found.cumulative)}",
        measure=told("expected_deployments")[0],
    )


def of_care(edition: Edition, window: str) -> Iterator[Stat]:
    """Persons under 18, and persons flagged as vulnerable; one may be both."""
    kinds = {one.kind: one for one in edition.persons}
    young, flagged = kinds.get("under_18"), kinds.get("any_disability")
    if young is None:
        return
    yield Stat(
        label="Persons under 18",
        window=window,
        value=said(count(young.period)),
        interval=since_then(young),
        base=f"Flagged as vulnerable: {count(flagged.period)}" if flagged else "",
        measure=told("persons_of_care")[0],
    )


def since_then(one: Persons) -> str:
    return f"Since {day(one.since)}: {count(one.window)}"


def about_taser(edition: Edition, window: str) -> Iterator[Stat]:
    found = edition.about_taser
    if found is None:
        return
    one: Rate = found.rate
    rated = f"{rate(one)} per 10,000 residents ({limits(one)})"
    usual = "" if found.median is None else f"Median week of the last 13: {whole(found.median)}"
    yield Stat(
        label="Complaints of Taser",
        window=window,
        value=said(count(one.events)),
        interval=rated if one.per_10_000 is not None else "",
        base=usual,
        measure=told("complaints_about")[0],
    )
