"""The sample: its quality, and how groups of residents answered."""

from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import SMALL, city_line, estimate_cells, index_window, value_cell
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
    index_dates,
    words_row,
)
from api.formatting import (
    WITHHELD,
    format_change,
    format_count,
    format_interval,
    format_number,
    format_range,
    format_share,
    format_share_interval,
    format_whole,
    group_name,
    item_subject,
)
from api.translating import edition_gettext as _
from api.translating import edition_ngettext as _n
from survey.editions.edition import Edition
from survey.editions.figures import Estimate
from survey.editions.perception import (
    GroupDimension,
    GroupEstimate,
    IndexReliability,
    ItemAgreement,
    Weighting,
)
from survey.sentences import N_

FLAGS = {
    "green": N_("The design effect is within our limit."),
    "amber": N_("The design effect is high: read the figures with care."),
    "red": N_("The design effect is too high to rely on the index."),
}
GROUP_HEADINGS: dict[GroupDimension, str] = {
    "age": N_("By age"),
    "sex": N_("By sex"),
    "ethnicity": N_("By ethnicity"),
    "disability": N_("By disability"),
}
GROUP_TITLES: dict[GroupDimension, str] = {
    "age": N_("Perception index by age"),
    "sex": N_("Perception index by sex"),
    "ethnicity": N_("Perception index by ethnicity"),
    "disability": N_("Perception index by disability"),
}
QUESTION_TITLES: dict[GroupDimension, str] = {
    "age": N_("Agreement with each question, by age"),
    "sex": N_("Agreement with each question, by sex"),
    "ethnicity": N_("Agreement with each question, by ethnicity"),
    "disability": N_("Agreement with each question, by disability"),
}
# Fixed, so that the charts of all kinds of group have plots of one width.
GROUP_LABELS = 120


def sample_section(edition: Edition) -> Iterator[ReportSection]:
    """How the answers were weighted, to which margins, and at what cost."""
    found = edition.weighting
    if found is not None:
        yield ReportSection(
            key="sample",
            heading=_("How good the sample is"),
            stream="sampled",
            words=(margins_sentence(found), _(FLAGS[found.flag])),
            points=found.joined,
            tables=(
                ReportTable(
                    caption=_("Response and weighting"),
                    head=(_("Measure"), _("Figure")),
                    rows=tuple((ReportCell(name), cell) for name, cell in weighting_facts(found)),
                ),
            ),
            measures=measure_links("response_rate", "weighting"),
        )


def margins_sentence(found: Weighting) -> str:
    if found.raked:
        return _("Weighted to the population by {margins} ({vintage}).").format(
            margins=", ".join(map(_, found.margins)), vintage=found.vintage
        )
    if found.margins:
        return _("The answers could not be weighted to the population, and no index is given.")
    return _(
        "Too few answers to weight to the population: each counts only by its chance of being "
        "selected."
    )


def weighting_facts(found: Weighting) -> Iterator[tuple[str, ReportCell]]:
    if found.invited is not None and found.response_rate is not None:
        yield _("Invited since the survey began"), ReportCell(format_count(found.invited))
        yield _("Answered"), text_cell(format_count(found.answered))
        sent = ReportCell(format_share_interval(found.response_rate, None, None))
        yield _("Sent an answer, of those invited"), sent
    yield _("Answers in the period, also without an index"), text_cell(format_count(found.n))
    if found.effective_n is not None:
        yield _("Worth after weighting"), ReportCell(format_whole(found.effective_n))
        if found.n:
            yield _("Weighting efficiency"), ReportCell(format_share(found.effective_n / found.n))
    if found.kish is not None:
        yield _("Design effect (Kish)"), ReportCell(f"{found.kish:.2f}")
    if found.trimmed is not None:
        capped = ReportCell(f"{format_number(100 * found.trimmed)}%")
        yield _("Answers whose weight was capped"), capped


def group_sections(edition: Edition) -> Iterator[ReportSection]:
    if not edition.groups:
        return
    yield ReportSection(
        key="groups",
        heading=_("Perception index by group"),
        stream="sampled",
        words=(
            _(
                "{window} Groups overlap, and differences between groups have several causes."
            ).format(window=index_window(edition)),
        ),
        measures=measure_links("group_index"),
        rows=drill_down_links(edition, "answers"),
    )
    for dimension, heading in GROUP_HEADINGS.items():
        mine = [one for one in edition.groups if one.dimension == dimension]
        index = [one for one in mine if one.measure == "index"]
        if mine:
            yield ReportSection(
                key=f"groups-{dimension}",
                heading=_(heading),
                level=3,
                period=index_dates(edition),
                figure=group_chart(dimension, index, edition.city) if index else None,
                folded=question_tables(mine, dimension),
            )


def group_chart(dimension: GroupDimension, rows: list[GroupEstimate], city: str) -> ReportChart:
    return ReportChart(
        chart=f"groups-{dimension}",
        title=_(GROUP_TITLES[dimension]),
        subtitle=_("Dot: index; bar: 95% interval; dashed line: {city}.").format(city=city),
        table=ReportTable(
            caption=_(GROUP_TITLES[dimension]),
            head=(_("Group"), _("Index (95% interval)"), _("Answers")),
            rows=tuple(
                (ReportCell(group_name(one.dimension, one.category)), *estimate_cells(one.estimate))
                for one in rows
            ),
            note=_(SMALL) if any(one.estimate.status == "flagged" for one in rows) else "",
        ),
    )


def question_tables(
    rows: list[GroupEstimate], dimension: GroupDimension
) -> tuple[ReportTable, ...]:
    shares = [one for one in rows if one.measure != "index"]
    if not shares:
        return ()
    return (
        ReportTable(
            caption=_(QUESTION_TITLES[dimension]),
            head=(
                _("Group"),
                _("Question"),
                _("Per cent who agree (95% interval)"),
                _("Answers"),
            ),
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
            heading=_("Agreement with each question"),
            stream="sampled",
            words=(
                _(
                    "{window} Per cent of those who answered. Net: per cent who agree minus per "
                    "cent who disagree."
                ).format(window=index_window(edition)),
            ),
            tables=(agreement_table(edition.agreement),),
            measures=measure_links("item_agreement"),
            rows=drill_down_links(edition, "answers"),
        )


def agreement_table(found: tuple[ItemAgreement, ...]) -> ReportTable:
    return ReportTable(
        caption=_("Agreement with each question"),
        head=(
            _("Question"),
            _("Agree, % (95% interval)"),
            _("Net (95% interval)"),
            _("Answers"),
        ),
        rows=tuple(
            (
                ReportCell(one.text or item_subject(one.item)),
                value_cell(one.agree),
                net_cell(one.net),
                text_cell(format_count(one.agree.n)),
            )
            for one in found
        ),
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
            heading=_("Whether the questions measure one thing"),
            stream="sampled",
            words=(" ".join(reliability_sentences(found, found.alpha)),),
            tables=(
                ReportTable(
                    caption=_("Each question compared with the others"),
                    head=(_("Question"), _("Correlation with the rest")),
                    rows=tuple(
                        (
                            ReportCell(item_subject(item)),
                            text_cell(WITHHELD if r is None else f"{r:.2f}"),
                        )
                        for item, r in found.item_rest
                    ),
                ),
            ),
            measures=measure_links("reliability"),
        )


def reliability_sentences(found: IndexReliability, alpha: float) -> Iterator[str]:
    if found.low is None or found.high is None:
        yield _("Cronbach's α is {alpha}.").format(alpha=f"{alpha:.2f}")
    else:
        yield _("Cronbach's α is {alpha} (95% interval {interval}).").format(
            alpha=f"{alpha:.2f}", interval=format_range(f"{found.low:.2f}", f"{found.high:.2f}")
        )
    if found.omega is not None:
        yield _("McDonald's ω is {omega}.").format(omega=f"{found.omega:.2f}")
    if found.n:
        yield _n("Based on {n} respondent.", "Based on {n} respondents.", found.n).format(
            n=format_whole(found.n)
        )
    if found.publishable:
        yield _("Answers to the questions agree well enough for an index.")
    else:
        yield _(
            "Answers to the questions do not agree well enough: read the single questions, not the "
            "index."
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
    found: list[GroupEstimate], dimension: GroupDimension, city: Estimate | None
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
        title=_(GROUP_TITLES[dimension]),
        description=" ".join(map(row_in_words, rows)),
        rows=tuple(rows),
        line=city_line(city),
        labels=GROUP_LABELS,
    )


def row_in_words(one: charts.DotRow) -> str:
    """A row of the chart for people who do not see it."""
    if one.value is None:
        return _("{name}: withheld.").format(name=one.name)
    if one.low is None or one.high is None:
        return _("{name}: {value}.").format(name=one.name, value=format_number(one.value))
    return _("{name}: {value}, {interval}.").format(
        name=one.name,
        value=format_number(one.value),
        interval=format_interval(one.low, one.high),
    )
