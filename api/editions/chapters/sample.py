"""The sample: its quality, and how groups of residents answered."""

from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import LEVEL, SMALL, city_line, estimate_cells, index_window, value_cell
from api.editions.charts import NamedCharts
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import (
    ExportRow,
    Periods,
    bounded_row,
    estimate_row,
    figure_row,
    words_row,
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
from survey.editions.chapters.sample import (
    GroupDimension,
    GroupEstimate,
    IndexReliability,
    Weighting,
)
from survey.editions.edition import Edition
from survey.editions.figures import Estimate

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


# Fixed, so that the charts of all kinds of group have plots of one width.
GROUP_LABELS = 120


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


def answer_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for item in edition.agreement:
        yield estimate_row("agreement", periods.index, f"agree: {item.item}", item.agree)
        net = f"agree less disagree: {item.item}"
        yield estimate_row("agreement", periods.index, net, item.net)
    for group in edition.groups:
        table = f"groups: {group.dimension}"
        yield estimate_row(table, periods.index, group.measure, group.estimate)


def sample_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    yield from weighting_rows(edition.weighting, periods.index, edition.city)
    yield from reliability_rows(edition.reliability, periods.index, edition.city)


def weighting_rows(found: Weighting | None, period: str, city: str) -> Iterator[ExportRow]:
    if found is None:
        return
    for measure, value in (
        ("invited", found.invited),
        ("answered", found.answered),
        ("response rate", found.response_rate),
        ("answers", found.n),
        ("effective answers", found.effective_n),
        ("design effect (Kish)", found.kish),
        ("share of weights capped", found.trimmed),
    ):
        yield figure_row("weighting", period, city, measure, value, found.flag)
    margins = ", ".join(found.margins) if found.raked else "design weights alone"
    yield words_row("weighting", period, city, "margins", f"{margins}; {found.vintage}")
    for joined in found.joined:
        yield words_row("weighting", period, city, "joined", joined)


def reliability_rows(found: IndexReliability | None, period: str, city: str) -> Iterator[ExportRow]:
    if found is None:
        return
    key = "reliability", period, city, "sampled"
    said = "publishable" if found.publishable else "not publishable"
    yield bounded_row((*key, "alpha"), found.n, (found.alpha, found.low, found.high), said)
    yield bounded_row((*key, "omega"), found.n, (found.omega, None, None))
    for item, r in found.item_rest:
        yield bounded_row((*key, f"item with rest: {item}"), found.n, (r, None, None))


def group_charts(edition: Edition) -> NamedCharts:
    city = next((one for one in edition.index if one.domain == edition.city), None)
    for dimension in dict.fromkeys(one.dimension for one in edition.groups):
        mine = [
            one for one in edition.groups if (one.dimension, one.measure) == (dimension, "index")
        ]
        if any(one.estimate.value is not None for one in mine):
            yield f"groups-{dimension}", index_by_group_chart(mine, dimension, city)


def index_by_group_chart(
    found: list[GroupEstimate], dimension: str, city: Estimate | None
) -> charts.DotChart:
    rows = [
        charts.DotRow(
            group_name(one.dimension, one.category),
            one.estimate.value,
            one.estimate.low,
            one.estimate.high,
            one.estimate.status == "flagged",
        )
        for one in found
    ]
    return charts.DotChart(
        title=f"Perception Index by {dimension}",
        description=" ".join(f"{one.name}: {row_in_words(one)}." for one in rows),
        rows=tuple(rows),
        line=city_line(city),
        labels=GROUP_LABELS,
    )


def row_in_words(one: charts.DotRow) -> str:
    if one.value is None:
        return "withheld"
    if one.low is None or one.high is None:
        return format_number(one.value)
    return f"{format_number(one.value)}, {format_number(one.low)} to {format_number(one.high)}"
