"""The parts of a sheet about the sample: how good it is, and what groups and small areas say."""

from collections.abc import Callable, Iterator

from api.figures import (
    asked_name,
    changed,
    count,
    group_name,
    interval,
    number,
    percent,
    share_of,
    whole,
)
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Figure, Part, Table, said, told
from api.sheet.perception import LEVEL, SMALL, estimate_cells, valued, window
from survey.editions import Edition
from survey.reports import Estimate
from survey.samples import Dimension, OfGroup, Reliable, SmallArea, Weighting

MODEL = "Small-area estimate: borrows strength from all boroughs."
FLAGS = {
    "green": "within what is asked for",
    "amber": "high: read with care",
    "red": "too high for the index to be relied on",
}
DIMENSIONS: dict[Dimension, str] = {
    "age": "by age",
    "sex": "by sex",
    "ethnicity": "by ethnicity",
    "disability": "by disability",
}


def method(edition: Edition) -> Iterator[Part]:
    """The method box: how the answers were weighed, on what margins, and what that cost."""
    found = edition.weighting
    if found is not None:
        yield Part(
            key="sample",
            heading="How good the sample is",
            stream="sampled",
            words=(margins(found), f"The design effect is {FLAGS[found.flag]}."),
            points=found.joined,
            tables=(
                Table(
                    caption="Response and weighting",
                    head=("What", "Figure"),
                    rows=tuple((Cell(name), cell) for name, cell in facts(found)),
                ),
            ),
            measures=told("response_rate", "weighting"),
        )


def margins(found: Weighting) -> str:
    if not found.raked:
        return (
            "The answers could not be weighted to the population's margins, and no index is given."
            if found.margins
            else "Too few answers to weight: each counts by its chance to be asked alone."
        )
    return f"Weighted to {', '.join(found.margins)} ({found.vintage})."


def facts(found: Weighting) -> Iterator[tuple[str, Cell]]:
    if found.invited is not None and found.response_rate is not None:
        yield "Invited since the survey began", Cell(count(found.invited))
        yield "Answered", said(count(found.answered))
        yield "Response rate", Cell(share_of(found.response_rate, None, None))
    yield "Answers of the window", said(count(found.n))
    if found.effective_n is not None:
        yield "Worth after weighting", Cell(whole(found.effective_n))
        if found.n:
            yield "Weighting efficiency", Cell(percent(found.effective_n / found.n))
    if found.kish is not None:
        yield "Design effect (Kish)", Cell(f"{found.kish:.2f}")
    if found.trimmed is not None:
        yield (
            "Answers whose weight was capped",
            Cell(f"{number(100 * found.trimmed)}\N{NO-BREAK SPACE}%"),
        )


def small_areas(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
    found = sorted(edition.small_areas, key=lambda one: names(one.domain))
    if not found:
        return
    yield Part(
        key="small-areas",
        heading="Perception Index by borough",
        stream="sampled",
        words=(
            f"{MODEL} It stands beside the borough's own answers, and pulls the more the fewer "
            "these are.",
        ),
        figure=Figure(
            chart="small-areas",
            title="Each borough's own answers beside the model, ordered by name",
            subtitle=f"{window(edition)} Filled dot and bar: model, {LEVEL}; ring: own answers; "
            f"dashed line: {edition.city}.",
            open=True,
            table=Table(
                caption="Perception Index by borough, own answers and model",
                head=("Borough", "Model", "Own answers", "Answers", "Own part"),
                rows=tuple((Cell(names(one.domain)), *small_area(one)) for one in found),
                note=f"All with their {LEVEL}. Own part: how far its own answers count.",
            ),
        ),
        measures=told("small_area", "perception_index"),
        rows=behind(edition, "answers"),
    )


def small_area(one: SmallArea) -> tuple[Cell, ...]:
    if one.value is None:
        return (said("withheld"), *estimate_cells(one.direct), said("withheld"))
    model = f"{number(one.value)} ({interval(one.low, one.high)})"
    return Cell(model), *estimate_cells(one.direct), said(share_of(one.own, None, None))


def groups(edition: Edition) -> Iterator[Part]:
    if not edition.groups:
        return
    yield Part(
        key="groups",
        heading="Perception Index by group",
        stream="sampled",
        words=(
            f"{window(edition)} Groups overlap: a difference between two of them is not one "
            "thing's doing.",
        ),
        measures=told("group_index"),
        rows=behind(edition, "answers"),
    )
    for dimension, said_so in DIMENSIONS.items():
        mine = [one for one in edition.groups if one.dimension == dimension]
        index = [one for one in mine if one.measure == "index"]
        if mine:
            yield Part(
                key=f"groups-{dimension}",
                heading=said_so.capitalize(),
                level=3,
                figure=group_figure(dimension, said_so, index, edition.city) if index else None,
                folded=items(mine, said_so),
            )


def group_figure(dimension: str, said_so: str, rows: list[OfGroup], city: str) -> Figure:
    return Figure(
        chart=f"groups-{dimension}",
        title=f"Perception Index {said_so}",
        subtitle=f"Dot: index; bar: {LEVEL}; dashed line: {city}.",
        table=Table(
            caption=f"Perception Index {said_so}",
            head=("Group", f"Index ({LEVEL})", "Answers"),
            rows=tuple(
                (Cell(group_name(one.dimension, one.category)), *estimate_cells(one.estimate))
                for one in rows
            ),
            note=SMALL if any(one.estimate.status == "flagged" for one in rows) else "",
        ),
    )


def items(rows: list[OfGroup], said_so: str) -> tuple[Table, ...]:
    shares = [one for one in rows if one.measure != "index"]
    if not shares:
        return ()
    return (
        Table(
            caption=f"Agreement with each item, {said_so}",
            head=("Group", "Item", f"Per cent who agree ({LEVEL})", "Answers"),
            rows=tuple(
                (
                    Cell(group_name(one.dimension, one.category)),
                    Cell(asked_name(one.measure)),
                    *estimate_cells(one.estimate),
                )
                for one in shares
            ),
        ),
    )


def agreement(edition: Edition) -> Iterator[Part]:
    if edition.agreement:
        yield Part(
            key="agreement",
            heading="Agreement with each item",
            stream="sampled",
            words=(
                f"{window(edition)} Per cent of those who answered. Net: per cent who agree less "
                "per cent who disagree.",
            ),
            tables=(
                Table(
                    caption="Agreement with each item",
                    head=("Item", f"Agree, % ({LEVEL})", f"Net ({LEVEL})", "Answers"),
                    rows=tuple(
                        (
                            Cell(one.text or asked_name(one.item)),
                            valued(one.agree),
                            net(one.net),
                            said(count(one.agree.n)),
                        )
                        for one in edition.agreement
                    ),
                ),
            ),
            measures=told("item_agreement"),
            rows=behind(edition, "answers"),
        )


def net(one: Estimate) -> Cell:
    if one.value is None or one.low is None or one.high is None:
        return valued(one)
    return Cell(f"{changed(one.value)} ({interval(one.low, one.high)})")


def reliability(edition: Edition) -> Iterator[Part]:
    found = edition.reliability
    if found is not None and found.alpha is not None:
        yield Part(
            key="reliability",
            heading="Whether the items measure one thing",
            stream="sampled",
            words=(reliable(found),),
            tables=(
                Table(
                    caption="Each item with the others",
                    head=("Item", "Correlation with the rest"),
                    rows=tuple(
                        (Cell(asked_name(item)), said("withheld" if r is None else f"{r:.2f}"))
                        for item, r in found.item_rest
                    ),
                ),
            ),
            measures=told("reliability"),
        )


def reliable(found: Reliable) -> str:
    limits = ""
    if found.low is not None and found.high is not None:
        limits = f" ({LEVEL} {found.low:.2f} to {found.high:.2f})"
    omega = "" if found.omega is None else f", McDonald's ω {found.omega:.2f}"
    verdict = (
        "The items hold together well enough for an index."
        if found.publishable
        else "The items do not hold together well enough: read the items, not the index."
    )
    return f"Cronbach's α {found.alpha:.2f}{limits}{omega}; {count(found.n)} respondents. {verdict}"
