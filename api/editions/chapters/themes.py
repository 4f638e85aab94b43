"""What people wrote, one stream at a time: themes, campaigns, quotes, and a new codebook."""

from collections.abc import Iterator, Sequence

from api.editions import cells, theme_tables
from api.editions.chapters.received import received_count
from api.editions.chapters.theme_charts import (
    by_first_figures,
    few_themes,
    hidden_themes,
    shown_and_hidden,
    themes_chart,
)
from api.editions.report import (
    ForStatisticians,
    ReportQuote,
    ReportSection,
    drill_down_links,
    measure_links,
)
from api.editions.rows import EACH_ONCE, ExportRow, Periods, text_dates
from api.locales import edition_gettext as _
from api.locales import (
    format_dates,
    format_day,
    format_range,
    format_whole,
)
from survey.editions import Edition
from survey.editions.texts import (
    ThemelessTexts,
    ThemeShare,
    counts_differ,
)
from survey.sentences import N_
from survey.themes.double_coding import PASS_MARK

HEADINGS = {
    "sampled": N_("In the words of residents who were asked"),
    "open": N_("In the words of people who wrote in"),
    "complaints": N_("In complaints"),
}
MOST_FREQUENT = N_("Frequent themes")
TOP, NAMED = 5, 3
WITHHELD_READING = N_(
    "Themes are withheld in this edition: two people coded texts without seeing the machine's "
    "codes, and their codes show that the machine reads too badly for its figures to be published."
)
WITHHELD_STREAM = N_(
    "Themes of these texts are withheld: two people coded some of them without seeing the "
    "machine's codes, and their codes show that the machine reads them too badly."
)

WHY_ONCE = N_(
    "Some texts are one text that many people sent, with small changes or in other words: a "
    "campaign. Each figure is given twice: with each campaign counted once, as one voice, and with "
    "every text counted."
)


def theme_sections(edition: Edition) -> Iterator[ReportSection]:
    if edition.reading in ("dropped", "below"):
        yield ReportSection(
            key="themes",
            heading=_("What people wrote about"),
            words=(_(WITHHELD_READING),),
            for_statisticians=ForStatisticians(accuracy_words(edition)),
        )
        return
    if not edition.themes and not received_count(edition, "open"):
        return
    yield ReportSection(
        key="themes",
        heading=_("What people wrote about"),
        words=(
            _(
                "Residents we asked, people who complained and people who wrote in are shown "
                "apart. They are never added up."
            ),
            *theme_tables.proposal_sentences(edition),
        ),
        for_statisticians=ForStatisticians(
            accuracy_words(edition), tuple(theme_tables.theme_check_tables(edition))
        ),
        measures=measure_links("theme_share") if edition.theme_checks else (),
    )
    streams = [theme.stream for theme in edition.themes]
    # People who wrote in come last and apart, and have a section even without any theme.
    for stream in [*dict.fromkeys(stream for stream in streams if stream != "open"), "open"]:
        yield stream_section(edition, stream, cells.area_namer(edition))


def top_themes_section(edition: Edition) -> Iterator[ReportSection]:
    """The five most frequent themes: of the sample, else of the next stream that has any."""
    if edition.reading in ("dropped", "below"):
        words = (_(WITHHELD_READING),)
        yield ReportSection(key="top-themes", heading=_(MOST_FREQUENT), words=words)
        return
    streams = [theme.stream for theme in edition.themes if theme.texts is not None]
    stream = next((name for name in ("sampled", "open", "complaints") if name in streams), "")
    mine = [
        theme for theme in edition.themes if (theme.stream, theme.domain) == (stream, edition.city)
    ]
    shown, hidden = shown_and_hidden(mine)
    if not shown:
        return
    table = theme_tables.top_themes_table(
        shown[:TOP], stream, cells.tones_by_theme(edition, stream)
    )
    yield ReportSection(
        key="top-themes",
        heading=_(MOST_FREQUENT),
        stream=stream,
        words=(
            _("Texts from {period}.").format(period=text_dates(edition)),
            *hidden_themes(hidden),
        ),
        tables=(table,),
        measures=measure_links("theme_share", "net_sentiment"),
        rows=drill_down_links(edition, "themes"),
    )


def most_frequent_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    """The three most frequent of the themes shown, and whose texts they are of."""
    for section in top_themes_section(edition):
        for table in section.tables:
            named = ", ".join(row[0].text for row in table.rows[:NAMED])
            return _("{themes} ({stream})").format(
                themes=named, stream=_(theme_tables.STREAMS[section.stream])
            )
    return ""


def accuracy_words(edition: Edition) -> tuple[str, ...]:
    """How well the machine codes, in the words of statisticians, if people have checked it."""
    accuracy = edition.accuracy
    if accuracy is None or accuracy.f1.value is None:
        return ()
    return (
        _(
            "Two people coded {texts} texts of the quarter from {quarter} without seeing the "
            "machine's codes. They agreed with Krippendorff's α {alpha}; the machine reached F1 "
            "{f1}. Our minimum is {minimum}."
        ).format(
            texts=format_whole(accuracy.labels),
            quarter=format_day(accuracy.quarter),
            alpha=theme_tables.figure_text(accuracy.alpha),
            f1=theme_tables.figure_text(accuracy.f1),
            minimum=f"{PASS_MARK:.2f}",
        ),
    )


def stream_section(edition: Edition, stream: str, names: cells.AreaNamer) -> ReportSection:
    mine = [theme for theme in edition.themes if theme.stream == stream]
    city = by_first_figures([share for share in mine if share.domain == edition.city])
    areas = sorted(
        (share for share in mine if share.domain != edition.city),
        key=lambda share: names(share.domain),
    )
    chart = themes_chart(edition, city, stream) if city and not badly_read(city) else None
    few = few_themes(edition, city, stream) if chart else ""
    return ReportSection(
        key=f"themes-{stream}",
        heading=_(HEADINGS[stream]),
        stream=stream,
        period=text_dates(edition),
        level=2 if stream == "open" else 3,
        apart=stream == "open",
        words=(
            stream_sentence(edition, stream),
            *([_(WITHHELD_STREAM)] if badly_read(city) else []),
            *(
                cells.tone_sentence(tone)
                for tone in edition.tones
                if tone.stream == stream and not tone.theme
            ),
            *([few] if few else []),
            *campaign_sentences(edition, stream, mine),
            *theme_tables.themeless_sentences(edition, stream),
        ),
        figure=None if few else chart,
        tables=(
            *([chart.table] if chart and few else []),
            *theme_tables.campaign_tables(edition, stream),
        ),
        folded=(theme_tables.area_table(areas, stream, names),) if areas else (),
        for_statisticians=ForStatisticians(() if badly_read(city) else (counting_sentence(city),)),
        quotes=tuple(
            ReportQuote(quote, theme_tables.quote_origin(quote, names))
            for quote in edition.quotes
            if quote.stream == stream
        ),
        measures=measure_links("theme_share", "net_sentiment"),
        rows=drill_down_links(edition, "themes"),
    )


def badly_read(rows: list[ThemeShare]) -> bool:
    """Whether every theme of a stream is withheld because the machine reads it too badly."""
    return bool(rows) and all(row.missing == "reading" for row in rows)


def stream_sentence(edition: Edition, stream: str) -> str:
    if stream == "sampled":
        return _(
            "These shares represent {people} who write something when they are asked. Most people "
            "skip the question."
        ).format(people=people_of_city(edition.city))
    if stream == "complaints":
        return _("People who complained speak only for themselves, so there is no margin of error.")
    wrote = received_count(edition, "open")
    if wrote == 0:
        return _("From {period}, nobody wrote in. The texts are from the weeks before.").format(
            period=format_dates(edition.start, edition.end)
        )
    message = (
        _(
            "From {period}, about {n} people wrote in. They do not represent {people}, so there is "
            "no margin of error, and weighting would not help."
        )
        if wrote
        else _(
            "From {period}, a few people wrote in. They do not represent {people}, so there is no "
            "margin of error, and weighting would not help."
        )
    )
    return message.format(
        period=format_dates(edition.start, edition.end),
        n=format_whole(wrote or 0),
        people=people_of_city(edition.city),
    )


def people_of_city(city: str) -> str:
    return _("Londoners") if city == "London" else _("people in {city}").format(city=city)


def counting_sentence(rows: list[ThemeShare]) -> str:
    """Whether the shares are corrected, and what their intervals cover."""
    corrected = [row for row in rows if row.corrected]
    if not corrected:
        return _(
            "Texts and shares are machine counts: no share is corrected using texts coded by "
            "people."
        )
    message = (
        _(
            "Shares are the machine's, corrected using {labels} texts coded by two people. The "
            "interval allows for chance in who was asked and in the choice of texts that were "
            "coded. The number of texts is a machine count."
        )
        if rows[0].stream == "sampled"
        else _(
            "Shares are the machine's, corrected using {labels} texts coded by two people. The "
            "interval covers reading errors only: it says how far the share of these texts may be "
            "off, and nothing about people who did not write. The number of texts is a machine "
            "count."
        )
    )
    labels = {share.labels for share in corrected if share.labels}
    fewest, most = format_whole(min(labels)), format_whole(max(labels))
    return message.format(labels=fewest if fewest == most else format_range(fewest, most))


def campaign_sentences(edition: Edition, stream: str, rows: list[ThemeShare]) -> tuple[str, ...]:
    """Why figures appear twice, and how many were received with each campaign counted once."""
    if stream == "sampled":
        return ()
    received = received_count(edition, stream)
    voices = received_count(edition, "open_voices" if stream == "open" else "complaint_voices")
    compared: tuple[str, ...] = ()
    if received and voices is not None and voices != received:
        compared = (
            _(
                "With each campaign counted once, about {voices} were received instead of about "
                "{received}."
            ).format(voices=format_whole(voices), received=format_whole(received)),
        )
    return (_(WHY_ONCE), *compared) if compared or counts_differ(rows) else ()


def codebook_section(edition: Edition) -> Iterator[ReportSection]:
    codebook = edition.new_codebook
    if codebook is not None:
        yield ReportSection(
            key="codebook",
            heading=_("What the new codebook changed"),
            words=theme_tables.codebook_words(edition, codebook),
            points=codebook.changes,
            tables=tuple(table.page for table in theme_tables.codebook_tables(edition, codebook)),
            measures=measure_links("theme_share"),
            rows=drill_down_links(edition, "themes"),
        )


def text_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    days = periods.texts
    for theme in edition.themes:
        yield from theme_rows(days, theme)
    for none in edition.themeless:
        yield from themeless_rows(days, none, edition.city)
    yield from theme_tables.theme_check_rows(edition, days)
    if edition.new_codebook is not None:
        for table in theme_tables.codebook_tables(edition, edition.new_codebook):
            yield from table.export()
    for waiting in edition.proposed:
        key = "themes", f"/{waiting.until}", edition.city, ""
        measure = f"texts of proposed theme {waiting.id}"
        yield *key, measure, waiting.texts, waiting.texts, None, None, "not decided on", "shown"
    for seen in edition.campaigns:
        about = "; ".join(seen.themes) or "no theme"
        asked = f"{seen.name} ({seen.tone}). " if seen.name else ""
        when = f"{cells.READ_BY[seen.read_by]}; {seen.first} to {seen.last}: {asked}{about}"
        row_key = "campaigns", days, edition.city, seen.stream, f"texts of campaign {seen.id[:8]}"
        yield (*row_key, seen.texts, seen.texts, None, None, when, "shown")
    for quote in edition.quotes:
        key = "quotes", days, quote.domain, quote.stream
        yield *key, f"quote {quote.id}: {quote.name}", None, None, None, None, quote.words, "shown"


def theme_rows(period: str, theme: ThemeShare) -> Iterator[ExportRow]:
    key = "themes", period, theme.domain, theme.stream
    share = theme.share, theme.low, theme.high
    how = reading_method(theme)
    yield *key, f"share of texts: {theme.name}", theme.texts, *share, how, theme.status
    if theme.corrected:
        counted, how = (theme.machine_share, None, None), cells.READ_BY["machine"]
        yield *key, f"machine share: {theme.name}", theme.texts, *counted, how, theme.status
    if theme.stream != "sampled":
        yield from voice_rows(key, theme)


def reading_method(share: ThemeShare) -> str:
    """How the texts of a share were read, for files: by whom, and the formula of any correction."""
    if share.missing == "reading":
        return theme_tables.BADLY_READ
    return (
        f"{cells.READ_BY[share.read_by]}: {share.method}"
        if share.corrected
        else cells.READ_BY[share.read_by]
    )


def voice_rows(key: tuple[str, ...], share: ThemeShare) -> Iterator[ExportRow]:
    """The theme's figures with each campaign counted once."""
    status = "withheld" if share.voices is None else share.status
    how = f"{reading_method(share)}; {EACH_ONCE}"
    figure = share.voice_share, share.voice_low, share.voice_high
    yield *key, f"share of voices: {share.name}", share.voices, *figure, how, status


def themeless_rows(period: str, texts: ThemelessTexts, city: str) -> Iterator[ExportRow]:
    key = "themes", period, city, texts.stream
    how = cells.READ_BY["machine"]
    yield *key, "texts without a theme", texts.of_texts, texts.texts, None, None, how, "shown"
    yield *key, "share without a theme", texts.of_texts, texts.share, None, None, how, "shown"
