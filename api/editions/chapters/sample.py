"""The sections on the sample: its quality, and estimates for groups and small areas."""

from collections.abc import Callable, Iterator

from api.editions.behind import drill_down_links
from api.editions.chapters.index import (
    LEVEL,
    SMALL,
    estimate_cells,
    index_window,
    value_cell,
)
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.formatting import (
    format_change,
    format_count,
    format_interval,
    format_number,
    format_share,
    format_share_interval,
    format_whole,
    group_name,
    item_subject,
)
from survey.editions.chapters.index import SmallAreaEstimate
from survey.editions.chapters.sample import (
    GroupDimension,
    GroupEstimate,
    IndexReliability,
    Weighting,
)
from survey.editions.edition import Edition
from survey.editions.figures import Estimate

MODEL = "Small-area estimate: borrows strength from all boroughs."
FLAGS = {
    "green": "within what is asked for",
    "amber": "high: read with care",
    "red": "too high for the index to be relied on",
}
DIMENSIONS: dict[GroupDimension, str] = {
    "age": "by age",
    "sex": "by sex",
    "ethnicity": "by ethnicity",
    "disability": "by disability",
}


def sample_section(edition: Edition) -> Iterator[ReportSection]:
    """How the answers were weighted, to which margins, and at what cost."""
    found = edition.weighting
    if found is not None:
        yield ReportSection(
            key="sample",
            heading="How good the sample is",
            stream="sampled",
            words=(margins_sentence(found), f"The design effect is {FLAGS[found.flag]}."),
            points=found.joined,
            tables=(
                ReportTable(
                    caption="Response and weighting",
                    head=("What", "Figure"),
                    rows=tuple((ReportCell(name), cell) for name, cell in weighting_facts(found)),
                ),
            ),
            measures=measure_links("response_rate", "weighting"),
        )


def margins_sentence(found: Weighting) -> str:
    if not found.raked:
        return (
            "The answers could not be weighted to the population's margins, and no index is given."
            if found.margins
            else "Too few answers to weight: each counts by its chance to be asked alone."
        )
    return f"Weighted to {', '.join(found.margins)} ({found.vintage})."


def weighting_facts(found: Weighting) -> Iterator[tuple[str, ReportCell]]:
    if found.invited is not None and found.response_rate is not None:
        yield "Invited since the survey began", ReportCell(format_count(found.invited))
        yield "Answered", text_cell(format_count(found.answered))
        yield "Response rate", ReportCell(format_share_interval(found.response_rate, None, None))
    yield "Answers of the window", text_cell(format_count(found.n))
    if found.effective_n is not None:
        yield "Worth after weighting", ReportCell(format_whole(found.effective_n))
        if found.n:
            yield "Weighting efficiency", ReportCell(format_share(found.effective_n / found.n))
    if found.kish is not None:
        yield "Design effect (Kish)", ReportCell(f"{found.kish:.2f}")
    if found.trimmed is not None:
        yield (
            "Answers whose weight was capped",
            ReportCell(f"{format_number(100 * found.trimmed)}\N{NO-BREAK SPACE}%"),
        )


def small_areas_section(edition: Edition, names: Callable[[str], str]) -> Iterator[ReportSection]:
    found = sorted(edition.small_areas, key=lambda one: names(one.domain))
    if not found:
        return
    yield ReportSection(
        key="small-areas",
        heading="Perception Index by borough",
        stream="sampled",
        words=(
            f"{MODEL} It stands beside the borough's own answers, and pulls the more the fewer "
            "these are.",
        ),
        figure=ReportChart(
            chart="small-areas",
            title="Each borough's own answers beside the model, ordered by name",
            subtitle=f"{index_window(edition)} Filled dot and bar: model, {LEVEL}; ring: own "
            "answers; "
            f"dashed line: {edition.city}.",
            open=True,
            table=ReportTable(
                caption="Perception Index by borough, own answers and model",
                head=("Borough", "Model", "Own answers", "Answers", "Own part"),
                rows=tuple(
                    (ReportCell(names(one.domain)), *small_area_cells(one)) for one in found
                ),
                note=f"All with their {LEVEL}. Own part: how far its own answers count.",
            ),
        ),
        measures=measure_links("small_area", "perception_index"),
        rows=drill_down_links(edition, "answers"),
    )


def small_area_cells(one: SmallAreaEstimate) -> tuple[ReportCell, ...]:
    if one.value is None:
        return (text_cell("withheld"), *estimate_cells(one.direct), text_cell("withheld"))
    model = f"{format_number(one.value)} ({format_interval(one.low, one.high)})"
    return (
        ReportCell(model),
        *estimate_cells(one.direct),
        text_cell(format_share_interval(one.own, None, None)),
    )


def group_sections(edition: Edition) -> Iterator[ReportSection]:
    if not edition.groups:
        return
    yield ReportSection(
        key="groups",
        heading="Perception Index by group",
        stream="sampled",
        words=(
            f"{index_window(edition)} Groups overlap: a difference between two of them is not one "
            "thing's doing.",
        ),
        measures=measure_links("group_index"),
        rows=drill_down_links(edition, "answers"),
    )
    for dimension, said_so in DIMENSIONS.items():
        mine = [one for one in edition.groups if one.dimension == dimension]
        index = [one for one in mine if one.measure == "index"]
        if mine:
            yield ReportSection(
                key=f"groups-{dimension}",
                heading=said_so.capitalize(),
                level=3,
                figure=group_chart(dimension, said_so, index, edition.city) if index else None,
                folded=item_tables(mine, said_so),
            )


def group_chart(dimension: str, said_so: str, rows: list[GroupEstimate], city: str) -> ReportChart:
    return ReportChart(
        chart=f"groups-{dimension}",
        title=f"Perception Index {said_so}",
        subtitle=f"Dot: index; bar: {LEVEL}; dashed line: {city}.",
        table=ReportTable(
            caption=f"Perception Index {said_so}",
            head=("Group", f"Index ({LEVEL})", "Answers"),
            rows=tuple(
                (ReportCell(group_name(one.dimension, one.category)), *estimate_cells(one.estimate))
                for one in rows
            ),
            note=SMALL if any(one.estimate.status == "flagged" for one in rows) else "",
        ),
    )


def item_tables(rows: list[GroupEstimate], said_so: str) -> tuple[ReportTable, ...]:
    shares = [one for one in rows if one.measure != "index"]
    if not shares:
        return ()
    return (
        ReportTable(
            caption=f"Agreement with each item, {said_so}",
            head=("Group", "Item", f"Per cent who agree ({LEVEL})", "Answers"),
            rows=tuple(
                (
                    ReportCell(group_name(one.dimension, one.category)),
                    ReportCell(item_subject(one.measure)),
                    *estimate_cells(one.estimate),
                )
                for one in shares
            ),
        ),
    )


def agreement_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.agreement:
        yield ReportSection(
            key="agreement",
            heading="Agreement with each item",
            stream="sampled",
            words=(
                f"{index_window(edition)} Per cent of those who answered. Net: per cent who "
                "agree less "
                "per cent who disagree.",
            ),
            tables=(
                ReportTable(
                    caption="Agreement with each item",
                    head=("Item", f"Agree, % ({LEVEL})", f"Net ({LEVEL})", "Answers"),
                    rows=tuple(
                        (
                            ReportCell(one.text or item_subject(one.item)),
                            value_cell(one.agree),
                            net_cell(one.net),
                            text_cell(format_count(one.agree.n)),
                        )
                        for one in edition.agreement
                    ),
                ),
            ),
            measures=measure_links("item_agreement"),
            rows=drill_down_links(edition, "answers"),
        )


def net_cell(one: Estimate) -> ReportCell:
    if one.value is None or one.low is None or one.high is None:
        return value_cell(one)
    return ReportCell(f"{format_change(one.value)} ({format_interval(one.low, one.high)})")


def reliability_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.reliability
    if found is not None and found.alpha is not None:
        yield ReportSection(
            key="reliability",
            heading="Whether the items measure one thing",
            stream="sampled",
            words=(reliability_sentence(found),),
            tables=(
                ReportTable(
                    caption="Each item with the others",
                    head=("Item", "Correlation with the rest"),
                    rows=tuple(
                        (
                            ReportCell(item_subject(item)),
                            text_cell("withheld" if r is None else f"{r:.2f}"),
                        )
                        for item, r in found.item_rest
                    ),
                ),
            ),
            measures=measure_links("reliability"),
        )


def reliability_sentence(found: IndexReliability) -> str:
    limits = ""
    if found.low is not None and found.high is not None:
        limits = f" ({LEVEL} {found.low:.2f} to {found.high:.2f})"
    omega = "" if found.omega is None else f", McDonald's ω {found.omega:.2f}"
    verdict = (
        "The items hold together well enough for an index."
        if found.publishable
        else "The items do not hold together well enough: read the items, not the index."
    )
    return (
        f"Cronbach's α {found.alpha:.2f}{limits}{omega}; {format_count(found.n)} respondents. "
        f"{verdict}"
    )
