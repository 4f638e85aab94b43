"""Who is for what is asked, who is against it, and who is for it under conditions."""

from collections.abc import Iterator

from analysis.disclosure import FEWEST_TEXTS
from api.editions.report import ReportSection, measure_links
from api.editions.rows import EACH_ONCE, ExportRow, Periods, bounded_row
from api.editions.tables import Column, DeclaredTable, Row
from api.editions.theme_tables import STREAMS
from api.locales import edition_gettext as _
from api.locales import format_dates, format_ratio, format_share_interval, format_whole
from survey.editions import Edition
from survey.editions.figures import FigureTable
from survey.sentences import N_
from survey.themes.demands import FEWEST_OF_STREAM, STANCE_PASS_MARK

STANCE_WORDS = {
    "for": N_("For it"),
    "against": N_("Against it"),
    "conditions": N_("For it under conditions"),
}
WHAT_IT_IS = N_(
    "A person opens a demand: something that is asked for. A machine reads whether a text is for "
    "it, against it, or for it under conditions. It learns this from texts that people labelled, "
    "and its shares are corrected by those labels that chance chose. Texts that say nothing of the "
    "demand are left out. Texts of people who wrote in or complained say nothing about others."
)
SHARES = {
    "for": N_("{share} are for it"),
    "against": N_("{share} are against it"),
    "conditions": N_("{share} are for it under conditions"),
}
OF_TEXTS = {
    "sampled": N_(
        "{sentence}: of residents who were asked and wrote what they think of it, {shares}. The "
        "texts are from {period}."
    ),
    "open": N_(
        "{sentence}: of about {texts} texts by people who wrote in and say what they think of it,"
        " {shares}. The texts are from {period}."
    ),
    "complaints": N_(
        "{sentence}: of about {texts} complaints that say what they think of it, {shares}. The "
        "texts are from {period}."
    ),
}
NO_SHARES = {
    "labels": N_(
        "People have to label at least {fewest} texts of this stream that chance chooses; they "
        "have labelled {labels}."
    ),
    "reading": N_(
        "The machine confuses the stances too often: its balanced accuracy is {accuracy}, "
        "and our minimum is {minimum}."
    ),
    "few": N_(
        "Fewer than {fewest} texts say what they think of it, or next to another report their "
        "number would give such a small one away."
    ),
}


def demand_section(edition: Edition) -> Iterator[ReportSection]:
    """What is asked, and the stances of each stream; or why there are none."""
    if demands := edition.tables_of("demands"):
        yield ReportSection(
            key="demands",
            heading=_("Who is for and against what is asked"),
            words=(_(WHAT_IT_IS), *(words for demand in demands for words in demand_words(demand))),
            tables=tuple(
                stance_table(demand).page for demand in demands if any(demand.column("share"))
            ),
            measures=measure_links("stance_share"),
        )


def demand_words(table: FigureTable) -> Iterator[str]:
    """The shares of a stream, the largest first, and what they rest on; or why there are none."""
    sentence, stream = table.text("sentence"), table.key[-1]
    labels = format_whole(table.number("labels"))
    if table.missing:
        why = _(NO_SHARES[table.missing]).format(
            fewest=FEWEST_OF_STREAM if table.missing == "labels" else FEWEST_TEXTS,
            labels=labels,
            accuracy=format_ratio(*table.figure("accuracy").cells),
            minimum=f"{STANCE_PASS_MARK:.2f}",
        )
        yield _("{sentence}, {stream}: no shares. {why}").format(
            sentence=sentence, stream=_(STREAMS[stream]), why=why
        )
        return
    given = [(share.value, share) for share in table.column("share") if share.value]
    shares = [
        _(SHARES[share.row]).format(share=format_share_interval(*share.cells))
        for _value, share in sorted(given, key=lambda pair: -pair[0])
    ]
    yield _(OF_TEXTS[stream]).format(
        sentence=sentence,
        texts=format_whole(table.count("texts") or 0),
        shares="; ".join(shares) or _("no share is of ten texts or more"),
        period=format_dates(*table.days),
    )
    yield _(
        "People labelled {labels} texts about it that chance chose; some of these do not say what "
        "they think of it."
    ).format(labels=labels)
    if own := table.count("own"):
        yield _(
            "About {own} are copies of the letter of a campaign that asks for this; all of them "
            "count as for it."
        ).format(own=format_whole(own))


def stance_table(table: FigureTable) -> DeclaredTable:
    """The share of each stance, and where campaigns are among the texts with each counted once."""
    sentence, stream = table.text("sentence"), table.key[-1]
    how, voices = f"PPI++, {table.number('labels')} labels", table.count("voices")
    columns = [Column(_("Share (95% interval)"), method=how)]
    if voices is not None:
        head, how = _("Each campaign once (95% interval)"), f"{how}; {EACH_ONCE}"
        columns = [
            Column(head, ""),
            columns[0]._replace(head=_("Every text (95% interval)")),
            Column("", "{row}, once", method=how),
        ]
    rows, key = [], ("demands", f"{table.first}/{table.last}", table.domain, stream)
    for stance in table.rows:
        share = table.count("texts"), *table.figure("share", stance).cells
        once = voices, *table.figure("once", stance).cells
        figures = (share,) if voices is None else (once, share, once)
        rows.append(Row(_(STANCE_WORDS[stance]), key, figures, f"{stance}: {sentence}"))
    note = _("A share of fewer than {fewest} texts is not shown.").format(fewest=FEWEST_TEXTS)
    return DeclaredTable(
        _("{sentence}: {stream}").format(sentence=sentence, stream=_(STREAMS[stream])),
        _("Stance"),
        columns,
        rows,
        note if any(table.figure("share", row).value is None for row in table.rows) else "",
    )


def demand_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    """A row for each share; where there is none, how many texts are labelled."""
    for table in edition.tables_of("demands"):
        key = "demands", f"{table.first}/{table.last}", table.domain, table.key[-1]
        if table.missing:
            measure, why = f"stance: {table.text('sentence')}", f"no shares: {table.missing}"
            yield bounded_row((*key, measure), table.number("labels"), (None, None, None), why)
        yield from stance_table(table).export()
