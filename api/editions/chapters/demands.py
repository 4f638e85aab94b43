"""Who is for what is asked, who is against it, and who is for it under conditions."""

from collections.abc import Iterator

from analysis.disclosure import FEWEST_TEXTS
from api.editions.report import ForStatisticians, ReportSection, measure_links
from api.editions.rows import EACH_ONCE, ExportRow, Periods, bounded_row
from api.editions.tables import Column, DeclaredTable, Row
from api.editions.theme_tables import STREAMS
from api.locales import edition_gettext as _
from api.locales import format_dates, format_share_interval, format_whole
from survey.editions import Edition
from survey.editions.figures import FigureTable
from survey.sentences import N_
from survey.themes.demands import FEWEST_OF_STREAM

STANCE_WORDS = {
    "for": N_("For it"),
    "against": N_("Against it"),
    "conditions": N_("For it under conditions"),
}
WHAT_IT_IS = N_(
    "A demand is something that people ask for. A machine reads whether a text is for it, against "
    "it, or for it under conditions. Texts that say nothing about it are left out. People who "
    "wrote in or complained speak only for themselves."
)
HOW_READ = N_(
    "The machine learns from texts that people labelled. Its shares are corrected by those labels "
    "that chance chose."
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
        "{sentence}: of about {texts} texts by people who wrote in and say what they think of it, "
        "{shares} ({period})."
    ),
    "complaints": N_(
        "{sentence}: of about {texts} complaints that say what they think of it, {shares}. The "
        "texts are from {period}."
    ),
}
NO_SHARES = {
    "labels": N_("people have labelled {labels} of these texts, and we ask for {fewest}."),
    "reading": N_("the machine confuses for and against too often."),
    "few": N_(
        "fewer than {fewest} texts say what they think of it, or next to another report their "
        "number would give such a small one away."
    ),
}


def demand_section(edition: Edition) -> Iterator[ReportSection]:
    """What is asked, and the stances of each stream; or why there are none."""
    if demands := edition.tables_of("demands"):
        yield ReportSection(
            key="demands",
            heading=_("Who is for a demand, and who is against it"),
            words=(*(words for demand in demands for words in demand_words(demand)), _(WHAT_IT_IS)),
            folded=tuple(
                stance_table(demand).page for demand in demands if any(demand.column("share"))
            ),
            for_statisticians=ForStatisticians((_(HOW_READ), *map(label_words, demands))),
            measures=measure_links("stance_share"),
        )


def demand_words(table: FigureTable) -> Iterator[str]:
    """The shares of a stream, the largest first, and what they rest on; or why there are none."""
    sentence, stream = table.text("sentence"), table.key[-1]
    if table.missing:
        why = _(NO_SHARES[table.missing]).format(
            fewest=FEWEST_OF_STREAM if table.missing == "labels" else FEWEST_TEXTS,
            labels=format_whole(table.number("labels")),
        )
        yield _("{sentence}, {stream}: no shares, because {why}").format(
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
    if own := table.count("own"):
        yield _(
            "About {own} are copies of the letter of a campaign that asks for this; all of them "
            "count as for it."
        ).format(own=format_whole(own))


def label_words(table: FigureTable) -> str:
    """How many texts of a stream people labelled, whatever these say of the demand."""
    return _("{sentence}, {stream}: people labelled {labels} texts.").format(
        sentence=table.text("sentence"),
        stream=_(STREAMS[table.key[-1]]),
        labels=format_whole(table.number("labels")),
    )


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
