"""The sample: its quality, and how groups of residents answered."""

from collections.abc import Iterator

from api.editions import charts
from api.editions.cells import SMALL, city_line, estimate_cells, index_window, value_cell
from api.editions.chapters.titles import GROUPS, titled_chart
from api.editions.charts import NamedCharts
from api.editions.report import (
    ForStatisticians,
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
from api.locales import (
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
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from survey.editions import Edition
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
    "green": N_("This costs little certainty."),
    "amber": N_("This costs much certainty: read the figures with care."),
    "red": N_("This costs too much certainty to rely on the index."),
}
HOLLOW = N_("Hollow dot: fewer than 100 answered.")
AGREE_WELL = N_("Answers to the questions agree well enough to be put together in one index.")
AGREE_BADLY = N_(
    "Answers to the questions do not agree well enough: read the single questions, not the index."
)


def sample_section(edition: Edition) -> Iterator[ReportSection]:
    """How the answers were weighted, to which margins, and at what cost."""
    weighting = edition.weighting
    if weighting is not None:
        yield ReportSection(
            key="sample",
            heading=_("How good the sample is"),
            stream="sampled",
            words=(
                *response_words(weighting),
                f"{margins_sentence(weighting)} {cost_sentence(weighting)}".rstrip(),
                *worth_words(weighting),
            ),
            for_statisticians=ForStatisticians(
                weighting.joined,
                (
                    ReportTable(
                        caption=_("Response and weighting"),
                        head=(_("Measure"), _("Figure")),
                        rows=tuple(
                            (ReportCell(name), cell) for name, cell in weighting_facts(weighting)
                        ),
                    ),
                ),
            ),
            measures=measure_links("response_rate", "weighting"),
        )


def response_words(weighting: Weighting) -> Iterator[str]:
    """How many of the people invited answered."""
    if weighting.invited and weighting.answered and weighting.response_rate is not None:
        yield _("About {answered} of {invited} people invited have sent an answer: {rate}.").format(
            answered=format_whole(weighting.answered),
            invited=format_whole(weighting.invited),
            rate=format_share(weighting.response_rate),
        )


def worth_words(weighting: Weighting) -> Iterator[str]:
    """How many answers came, and how many are as good without weights."""
    if weighting.n and weighting.effective_n is not None:
        yield _(
            "About {n} answers came in the period, also from people who left out too many "
            "questions for an index. They are as good as {effective} answers that need no weights."
        ).format(n=format_whole(weighting.n), effective=format_whole(weighting.effective_n))


def cost_sentence(weighting: Weighting) -> str:
    """How much certainty the weights cost, where there is an index to rely on."""
    return "" if weighting.margins and not weighting.raked else _(FLAGS[weighting.flag])


def margins_sentence(weighting: Weighting) -> str:
    if weighting.raked:
        return _("Answers are weighted to match residents by {margins} ({vintage}).").format(
            margins=", ".join(map(_, weighting.margins)), vintage=weighting.vintage
        )
    if weighting.margins:
        return _("The answers could not be weighted to match residents, and no index is given.")
    return _(
        "Too few answers to weight them to match residents: an answer only counts for more where "
        "fewer people were drawn."
    )


def weighting_facts(weighting: Weighting) -> Iterator[tuple[str, ReportCell]]:
    if weighting.invited is not None and weighting.response_rate is not None:
        yield _("Invited since the survey began"), ReportCell(format_count(weighting.invited))
        yield _("Answered"), text_cell(format_count(weighting.answered))
        sent = ReportCell(format_share_interval(weighting.response_rate, None, None))
        yield _("Sent an answer, of those invited"), sent
    yield _("Answers in the period, also without an index"), text_cell(format_count(weighting.n))
    if weighting.effective_n is not None:
        yield _("Worth after weighting"), ReportCell(format_whole(weighting.effective_n))
        if weighting.n:
            yield (
                _("Weighting efficiency"),
                ReportCell(format_share(weighting.effective_n / weighting.n)),
            )
    if weighting.kish is not None:
        yield _("Design effect (Kish)"), ReportCell(f"{weighting.kish:.2f}")
    if weighting.trimmed is not None:
        capped = ReportCell(f"{format_number(100 * weighting.trimmed)}%")
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
                "{window} Groups overlap, and differences between groups have several causes. A "
                "group clearly differs only where chance seldom does as much among all groups."
            ).format(window=index_window(edition)),
        ),
        measures=measure_links("group_index"),
        rows=drill_down_links(edition, "answers"),
    )
    for dimension, heading in GROUPS.items():
        mine = [group for group in edition.groups if group.dimension == dimension]
        index = [group_estimate for group_estimate in mine if group_estimate.measure == "index"]
        if mine:
            yield ReportSection(
                key=f"groups-{dimension}",
                heading=_(heading),
                level=3,
                period=index_dates(edition),
                figure=group_chart(edition, dimension, index) if index else None,
                folded=question_tables(mine, dimension),
            )


def group_chart(
    edition: Edition, dimension: GroupDimension, rows: list[GroupEstimate]
) -> ReportChart:
    few = any(row.estimate.status == "flagged" for row in rows)
    notes = _(
        "{window} From 0 to 100; the scale does not begin at 0. Dot: index; bar: 95% interval; "
        "dashed line: {city}. On the right: how many answered."
    ).format(window=index_window(edition), city=edition.city)
    return titled_chart(
        edition,
        f"groups-{dimension}",
        quantity=_("Perception index"),
        notes=f"{notes} {_(HOLLOW)}" if few else notes,
        table=ReportTable(
            caption=group_quantity(dimension),
            head=(_("Group"), _("Index (95% interval)"), _("Answers")),
            rows=tuple(
                (ReportCell(group_name(row.dimension, row.category)), *estimate_cells(row.estimate))
                for row in rows
            ),
            note=_(SMALL) if few else "",
        ),
    )


def group_quantity(dimension: GroupDimension) -> str:
    return _("{by}: perception index").format(by=_(GROUPS[dimension]))


def question_tables(
    rows: list[GroupEstimate], dimension: GroupDimension
) -> tuple[ReportTable, ...]:
    shares = [row for row in rows if row.measure != "index"]
    if not shares:
        return ()
    return (
        ReportTable(
            caption=_("{by}: agreement with each question").format(by=_(GROUPS[dimension])),
            head=(
                _("Group"),
                _("Question"),
                _("Per cent who agree (95% interval)"),
                _("Answers"),
            ),
            rows=tuple(
                (
                    ReportCell(group_name(share.dimension, share.category)),
                    ReportCell(item_subject(share.measure)),
                    *estimate_cells(share.estimate),
                )
                for share in shares
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


def agreement_table(agreements: tuple[ItemAgreement, ...]) -> ReportTable:
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
                ReportCell(agreement.text or item_subject(agreement.item)),
                value_cell(agreement.agree),
                net_cell(agreement.net),
                text_cell(format_count(agreement.agree.n)),
            )
            for agreement in agreements
        ),
    )


def net_cell(estimate: Estimate) -> ReportCell:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return value_cell(estimate)
    return ReportCell(
        f"{format_change(estimate.value)} ({format_interval(estimate.low, estimate.high)})"
    )


def reliability_section(edition: Edition) -> Iterator[ReportSection]:
    reliability = edition.reliability
    if reliability is not None and reliability.alpha is not None:
        yield ReportSection(
            key="reliability",
            heading=_("Whether the questions measure one thing"),
            stream="sampled",
            words=(_(AGREE_WELL if reliability.publishable else AGREE_BADLY),),
            for_statisticians=ForStatisticians(
                (" ".join(reliability_sentences(reliability, reliability.alpha)),),
                (item_rest_table(reliability),),
            ),
            measures=measure_links("reliability"),
        )


def item_rest_table(reliability: IndexReliability) -> ReportTable:
    return ReportTable(
        caption=_("Each question compared with the others"),
        head=(_("Question"), _("Correlation with the rest")),
        rows=tuple(
            (ReportCell(item_subject(item)), text_cell(WITHHELD if r is None else f"{r:.2f}"))
            for item, r in reliability.item_rest
        ),
    )


def reliability_sentences(reliability: IndexReliability, alpha: float) -> Iterator[str]:
    if reliability.low is None or reliability.high is None:
        yield _("Cronbach's α is {alpha}.").format(alpha=f"{alpha:.2f}")
    else:
        yield _("Cronbach's α is {alpha} (95% interval {interval}).").format(
            alpha=f"{alpha:.2f}",
            interval=format_range(f"{reliability.low:.2f}", f"{reliability.high:.2f}"),
        )
    if reliability.omega is not None:
        yield _("McDonald's ω is {omega}.").format(omega=f"{reliability.omega:.2f}")
    if reliability.n:
        yield _n("Based on {n} respondent.", "Based on {n} respondents.", reliability.n).format(
            n=format_whole(reliability.n)
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


def weighting_rows(weighting: Weighting | None, period: str, city: str) -> Iterator[ExportRow]:
    if weighting is None:
        return
    for measure, value in (
        ("invited", weighting.invited),
        ("answered", weighting.answered),
        ("response rate", weighting.response_rate),
        ("answers", weighting.n),
        ("effective answers", weighting.effective_n),
        ("design effect (Kish)", weighting.kish),
        ("share of weights capped", weighting.trimmed),
    ):
        yield figure_row("weighting", period, city, measure, value, weighting.flag)
    margins = ", ".join(weighting.margins) if weighting.raked else "design weights alone"
    yield words_row("weighting", period, city, "margins", f"{margins}; {weighting.vintage}")
    for joined in weighting.joined:
        yield words_row("weighting", period, city, "joined", joined)


def reliability_rows(
    reliability: IndexReliability | None, period: str, city: str
) -> Iterator[ExportRow]:
    if reliability is None:
        return
    key = "reliability", period, city, "sampled"
    said = "publishable" if reliability.publishable else "not publishable"
    yield bounded_row(
        (*key, "alpha"), reliability.n, (reliability.alpha, reliability.low, reliability.high), said
    )
    yield bounded_row((*key, "omega"), reliability.n, (reliability.omega, None, None))
    for item, r in reliability.item_rest:
        yield bounded_row((*key, f"item with rest: {item}"), reliability.n, (r, None, None))


def group_charts(edition: Edition) -> NamedCharts:
    city = next((estimate for estimate in edition.index if estimate.domain == edition.city), None)
    for dimension in dict.fromkeys(group.dimension for group in edition.groups):
        mine = [
            group
            for group in edition.groups
            if (group.dimension, group.measure) == (dimension, "index")
        ]
        if any(group_estimate.estimate.value is not None for group_estimate in mine):
            yield f"groups-{dimension}", index_by_group_chart(mine, dimension, city)


def index_by_group_chart(
    estimates: list[GroupEstimate], dimension: GroupDimension, city: Estimate | None
) -> charts.DotChart:
    rows = [
        charts.DotRow(
            group_name(group.dimension, group.category),
            group.estimate.value,
            group.estimate.low,
            group.estimate.high,
            group.estimate.status == "flagged",
            beside=format_count(group.estimate.n),
        )
        for group in estimates
    ]
    return charts.DotChart(
        title=group_quantity(dimension),
        description=" ".join(map(row_in_words, rows)),
        rows=tuple(rows),
        line=city_line(city),
    )


def row_in_words(row: charts.DotRow) -> str:
    """A row of the chart for people who do not see it."""
    if row.value is None:
        return _("{name}: withheld.").format(name=row.name)
    if row.low is None or row.high is None:
        return _("{name}: {value}.").format(name=row.name, value=format_number(row.value))
    return _("{name}: {value}, {interval}.").format(
        name=row.name,
        value=format_number(row.value),
        interval=format_interval(row.low, row.high),
    )
