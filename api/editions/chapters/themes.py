"""What people wrote, one stream at a time: themes, campaigns, quotes, and a new codebook."""

from collections.abc import Iterable, Iterator

from analysis.disclosure.counts import FEWEST_TEXTS
from api.editions import charts
from api.editions.cells import LEVEL, AreaNamer, area_namer
from api.editions.chapters.received import received_count
from api.editions.charts import NamedCharts
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportQuote,
    ReportSection,
    ReportTable,
    drill_down_links,
    measure_links,
    text_cell,
)
from api.editions.rows import EACH_ONCE, ExportRow, Periods
from api.formatting import (
    WITHHELD,
    format_count,
    format_dates,
    format_day,
    format_range,
    format_share,
    format_share_limits,
    format_short_day,
    format_signed,
    format_whole,
)
from survey.coding.campaigns import EditionCampaign
from survey.coding.double_coding import PASS_MARK, AccuracyEstimate
from survey.editions.chapters.themes import NewCodebook, ThemeShare, themes_by_frequency
from survey.editions.edition import Edition

HEADINGS = {
    "sampled": "In the words of residents who were asked",
    "open": "In the words of people who chose to write",
    "complaints": "In complaints",
}
TONE = "Net sentiment"
SHARES = "Share of the texts of residents asked, and net sentiment."
RECEIVED = "Share of the texts received, and net sentiment."
NUMBERS = "Number of texts received, and their net sentiment."
MACHINE_COUNT = "Machine count"
TOP = 5
WITHHELD_READING = (
    "Themes are withheld in this edition: what two people coded without seeing the machine's codes "
    "shows that the machine reads too badly to be quoted."
)
ONCE = "Each campaign once"
TONE_ONCE = "Net sentiment, each once"
WHY_ONCE = (
    "Some texts are one text, sent many times with small changes: a campaign. Nothing is left out. "
    "Each figure is given twice: with every text counted, and with each campaign counted once, as "
    "one voice."
)
SMALL_CAMPAIGNS = (
    "Campaigns of fewer than 10 texts in a stream count as one voice too, and are not listed."
)
NEARLY = "Themes of which fewer than ten texts came or went in a stream are not listed."


def theme_sections(edition: Edition) -> Iterator[ReportSection]:
    if edition.reading in ("dropped", "below"):
        words = (WITHHELD_READING, *accuracy_words(edition))
        yield ReportSection(key="themes", heading="What people wrote about", words=words)
        return
    if not edition.themes and not received_count(edition, "open"):
        return
    yield ReportSection(
        key="themes",
        heading="What people wrote about",
        words=(
            "Net sentiment runs from −100 (every text negative) to +100 (every text positive). "
            "The streams are never added up.",
            *accuracy_words(edition),
        ),
    )
    streams = [one.stream for one in edition.themes]
    # Those who chose to write come last and apart, and have a section even without any theme.
    for stream in [*dict.fromkeys(one for one in streams if one != "open"), "open"]:
        yield stream_section(edition, stream, area_namer(edition))


def top_themes_section(edition: Edition) -> Iterator[ReportSection]:
    """The five most frequent themes: of the sample, else of the next stream that has any."""
    if edition.reading in ("dropped", "below"):
        yield ReportSection(
            key="top-themes", heading="What people wrote about most", words=(WITHHELD_READING,)
        )
        return
    streams = [one.stream for one in edition.themes if one.texts is not None]
    stream = next((one for one in ("sampled", "open", "complaints") if one in streams), "")
    mine = [one for one in edition.themes if (one.stream, one.domain) == (stream, edition.city)]
    rows = [one for one in themes_by_frequency(mine) if one.texts is not None][:TOP]
    if not rows:
        return
    # An uncorrected share of texts that people chose to send would be read as one of residents.
    described = stream == "sampled" or any(one.corrected for one in rows)
    head = ("Theme", f"Share ({LEVEL})" if described else MACHINE_COUNT, TONE)
    yield ReportSection(
        key="top-themes",
        heading="What people wrote about most",
        stream=stream,
        tables=(
            ReportTable(
                caption="The most frequent themes",
                head=head,
                rows=tuple(
                    (
                        theme_cell(one),
                        share_cell(one) if described else text_cell(format_count(one.texts)),
                        tone_cell(one),
                    )
                    for one in rows
                ),
            ),
        ),
        measures=measure_links("theme_share", "net_sentiment"),
        rows=drill_down_links(edition, "themes"),
    )


def theme_cell(one: ThemeShare) -> ReportCell:
    """The theme's name, whether it is new, and its meaning unless its figures are withheld."""
    name = f"{one.name} (new)" if one.new else one.name
    return ReportCell(name, under="" if one.texts is None else one.meaning)


def accuracy_words(edition: Edition) -> tuple[str, ...]:
    """How well the machine codes, if people have checked it."""
    found = edition.accuracy
    if found is None or found.f1.value is None:
        return ()
    return (
        f"Two people coded {format_whole(found.labels)} texts of the quarter from "
        f"{format_day(found.quarter)} "
        f"without seeing the machine's codes. They agreed with Krippendorff's α "
        f"{score_text(found.alpha)}; the machine reached F1 {score_text(found.f1)}. "
        f"{PASS_MARK:.2f} is asked for.",
    )


def score_text(one: AccuracyEstimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "not known"
    return f"{one.value:.2f} ({format_range(f'{one.low:.2f}', f'{one.high:.2f}')})"


def stream_section(edition: Edition, stream: str, names: AreaNamer) -> ReportSection:
    mine = [one for one in edition.themes if one.stream == stream]
    city = themes_by_frequency([one for one in mine if one.domain == edition.city])
    areas = sorted(
        (one for one in mine if one.domain != edition.city), key=lambda one: names(one.domain)
    )
    heading = HEADINGS.get(stream, stream.capitalize())
    return ReportSection(
        key=f"themes-{stream}",
        heading=heading,
        stream=stream,
        level=2 if stream == "open" else 3,
        apart=stream == "open",
        words=(
            stream_sentence(edition, stream),
            counting_sentence(city),
            *campaign_sentences(edition, stream, mine),
        ),
        figure=themes_chart(
            city, stream, format_dates(edition.index_from or edition.start, edition.end)
        )
        if city
        else None,
        tables=(
            *voice_tables(city, stream, heading),
            *campaign_tables(edition, stream, heading),
        ),
        folded=(area_table(areas, stream, names),) if areas else (),
        quotes=report_quotes(edition, stream, names),
        measures=measure_links("theme_share", "net_sentiment"),
        rows=drill_down_links(edition, "themes"),
    )


def stream_sentence(edition: Edition, stream: str) -> str:
    people = "Londoners" if edition.city == "London" else f"the people of {edition.city}"
    if stream == "sampled":
        return (
            f"These shares stand for {people} who write something when they are asked, within "
            "their intervals; most leave the question out."
        )
    if stream == "complaints":
        return (
            "Complaints show what was complained of. They are no sample either, and no margin of "
            "error can be given."
        )
    wrote = received_count(edition, "open")
    who = f"about {format_whole(wrote)} people" if wrote else "a few people"
    return (
        f"From {format_dates(edition.start, edition.end)} {who} chose to write. "
        f"They are not a sample of {people}; no margin of error can be "
        "given, and weighting would not repair it."
    )


def counting_sentence(rows: list[ThemeShare]) -> str:
    """Whether the shares are corrected, and what their intervals cover."""
    put_right = [one for one in rows if one.corrected]
    if not put_right:
        return "Texts and shares are machine counts: no share is corrected by people's coding here."
    labels = {one.labels for one in put_right if one.labels}
    some = " to ".join(dict.fromkeys(format_whole(n) for n in (min(labels), max(labels))))
    holds = (
        "holds the chance of who was asked and of which texts were coded"
        if rows[0].stream == "sampled"
        else "holds the machine's misreading alone: it says how far the share of these texts may "
        "be off, and nothing of anybody who did not write"
    )
    return (
        f"Shares are the machine's, put right by {some} texts that two people coded; the interval "
        f"{holds}. The number of texts is a machine count."
    )


def themes_chart(rows: list[ThemeShare], stream: str, when: str) -> ReportChart:
    put_right = any(one.corrected for one in rows)
    described = stream == "sampled" or put_right
    hidden = sum(one.texts is None for one in rows)
    few = f"fewer than {FEWEST_TEXTS} texts"
    apart = f" Withheld, with {few}: {format_whole(hidden)}." if hidden else ""
    share = "Share" if put_right else "Share by machine count"
    head = ("Theme", MACHINE_COUNT, f"{share} ({LEVEL})", TONE)
    counts = SHARES if stream == "sampled" else RECEIVED if put_right else NUMBERS
    return ReportChart(
        chart=f"themes-{stream}",
        title="Themes: how often, and in what tone",
        subtitle=f"{when}. {counts}{apart}",
        table=ReportTable(
            caption=f"Themes {HEADINGS.get(stream, stream).casefold()}",
            head=head if described else ("Theme", MACHINE_COUNT, TONE),
            rows=tuple((theme_cell(one), *theme_cells(one, described=described)) for one in rows),
        ),
    )


def theme_cells(one: ThemeShare, *, described: bool) -> tuple[ReportCell, ...]:
    texts, tone = text_cell(format_count(one.texts)), tone_cell(one)
    if not described:
        return texts, tone
    return texts, share_cell(one), tone


def share_cell(one: ThemeShare) -> ReportCell:
    if one.share is None:
        return text_cell(WITHHELD)
    if one.low is None or one.high is None:
        return ReportCell(f"{format_share(one.share)}, machine count")
    return ReportCell(f"{format_share(one.share)} ({format_share_limits(one.low, one.high)})")


def tone_cell(one: ThemeShare) -> ReportCell:
    """The net sentiment: withheld with its texts; 'not scored' if no text has a tone."""
    if one.net_sentiment is not None:
        return ReportCell(format_signed(one.net_sentiment))
    return text_cell(WITHHELD) if one.texts is None else ReportCell("not scored")


def area_table(rows: list[ThemeShare], stream: str, names: AreaNamer) -> ReportTable:
    twice = stream != "sampled" and counts_differ(rows)
    once = (ONCE, TONE_ONCE) if twice else ()
    return ReportTable(
        caption=f"By borough {HEADINGS.get(stream, stream).casefold()}, from 10 texts on",
        head=("Borough", "Theme", MACHINE_COUNT, TONE, *once),
        rows=tuple(
            (
                ReportCell(names(one.domain)),
                ReportCell(one.name),
                *theme_cells(one, described=False),
                *(voice_cells(one) if once else ()),
            )
            for one in rows
        ),
    )


def counts_differ(rows: Iterable[ThemeShare]) -> bool:
    """Whether counting each campaign once changes any of these figures."""
    return any(one.texts is not None and one.voices != one.texts for one in rows)


def voice_cells(one: ThemeShare) -> tuple[ReportCell, ReportCell]:
    tone = one.voice_net_sentiment
    voices = text_cell(format_count(one.voices))
    return voices, voices if one.voices is None else ReportCell(
        "not scored" if tone is None else format_signed(tone)
    )


def voice_tables(rows: list[ThemeShare], stream: str, heading: str) -> tuple[ReportTable, ...]:
    """The city's themes with every text counted and with each campaign counted once."""
    if stream == "sampled" or not counts_differ(rows):
        return ()
    return (
        ReportTable(
            caption=f"Every text, and each campaign once, {heading.casefold()}",
            head=("Theme", "Every text", "Net sentiment", ONCE, TONE_ONCE),
            rows=tuple(
                (ReportCell(one.name), *theme_cells(one, described=False), *voice_cells(one))
                for one in rows
                if one.texts is not None
            ),
        ),
    )


def campaign_sentences(edition: Edition, stream: str, rows: list[ThemeShare]) -> tuple[str, ...]:
    """Why figures appear twice, and how many texts came if each campaign is counted once."""
    if stream == "sampled":
        return ()
    came = received_count(edition, stream)
    voices = received_count(edition, "open_voices" if stream == "open" else "complaint_voices")
    told: tuple[str, ...] = ()
    if came and voices is not None and voices != came:
        told = (
            f"With each campaign counted once, about {format_whole(voices)} came instead of "
            f"about {format_whole(came)}.",
        )
    return (WHY_ONCE, *told) if told or counts_differ(rows) else ()


def campaign_tables(edition: Edition, stream: str, heading: str) -> tuple[ReportTable, ...]:
    mine = [one for one in edition.campaigns if one.stream == stream]
    if not mine:
        return ()
    return (
        ReportTable(
            caption=f"Campaigns, each heard as one voice, {heading.casefold()}",
            head=("About", "Texts", "Days"),
            rows=tuple(
                (
                    ReportCell("; ".join(one.themes) or "no theme of the codebook"),
                    ReportCell(format_whole(one.texts)),
                    ReportCell(campaign_days(one)),
                )
                for one in mine
            ),
            note=SMALL_CAMPAIGNS,
        ),
    )


def campaign_days(one: EditionCampaign) -> str:
    return (
        format_short_day(one.first) if one.first == one.last else format_dates(one.first, one.last)
    )


def report_quotes(edition: Edition, stream: str, names: AreaNamer) -> tuple[ReportQuote, ...]:
    return tuple(
        ReportQuote(one, f"{one.name}, {names(one.domain)}")
        for one in edition.quotes
        if one.stream == stream
    )


def codebook_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.new_codebook
    if found is not None:
        yield ReportSection(
            key="codebook",
            heading="What the new codebook changed",
            words=codebook_words(edition, found),
            points=found.changes,
            tables=tuple(codebook_tables(edition, found)),
            measures=measure_links("theme_share"),
            rows=drill_down_links(edition, "themes"),
        )


def codebook_words(edition: Edition, found: NewCodebook) -> tuple[str, ...]:
    why = " ".join(f"The reason given: {reason}" for reason in found.reasons)
    same = (
        f"About {format_whole(found.texts)} texts of this edition were read under both "
        "versions: what "
        "differs below is the reading alone, not what people wrote."
        if found.texts
        else "No text of this edition was read under both versions."
    )
    versions = (
        f"The edition before was told in version {found.before} of the codebook, this one in "
        f"version {edition.codebook}. Figures of themes can differ for that reason alone."
    )
    return tuple(filter(None, (versions, why, same)))


def codebook_tables(edition: Edition, found: NewCodebook) -> Iterator[ReportTable]:
    """One table for each stream; streams are never added up."""
    for stream in dict.fromkeys(row.stream for row in found.recoded):
        yield ReportTable(
            caption=f"The same texts {HEADINGS[stream].casefold()}, under both versions",
            head=("Theme", f"Version {found.before}", f"Version {edition.codebook}"),
            rows=tuple(
                (
                    ReportCell(row.name),
                    text_cell(format_count(row.before)),
                    text_cell(format_count(row.after)),
                )
                for row in found.recoded
                if row.stream == stream
            ),
            note=NEARLY,
        )


def text_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    index = periods.index
    for theme in edition.themes:
        yield from theme_rows(index, theme)
    for seen in edition.campaigns:
        yield campaign_row(index, edition.city, seen)
    for quote in edition.quotes:
        key = "quotes", index, quote.domain, quote.stream
        yield *key, f"quote {quote.id}: {quote.name}", None, None, None, None, quote.words, "shown"


def theme_rows(period: str, one: ThemeShare) -> Iterator[ExportRow]:
    key = "themes", period, one.domain, one.stream
    share = one.share, one.low, one.high
    yield *key, f"share of texts: {one.name}", one.texts, *share, one.method, one.status
    if one.corrected:
        counted = one.machine_share, None, None
        yield *key, f"machine share: {one.name}", one.texts, *counted, "machine count", one.status
    tone = one.net_sentiment, None, None
    yield *key, f"net sentiment: {one.name}", one.texts, *tone, "", one.status
    if one.stream != "sampled":
        yield from voice_rows(key, one)


def voice_rows(key: tuple[str, ...], one: ThemeShare) -> Iterator[ExportRow]:
    """The theme's figures with each campaign counted once."""
    status = "withheld" if one.voices is None else one.status
    for measure, figure in (
        ("share of voices", one.voice_share),
        ("net sentiment of voices", one.voice_net_sentiment),
    ):
        yield *key, f"{measure}: {one.name}", one.voices, figure, None, None, EACH_ONCE, status


def campaign_row(period: str, city: str, one: EditionCampaign) -> ExportRow:
    when = f"{one.first} to {one.last}: {'; '.join(one.themes) or 'no theme'}"
    key = "campaigns", period, city, one.stream, f"texts of campaign {one.id[:8]}"
    return *key, one.texts, one.texts, None, None, when, "shown"


def theme_charts(edition: Edition) -> NamedCharts:
    """How often each theme was mentioned and in what tone, one chart for each stream."""
    for stream in dict.fromkeys(one.stream for one in edition.themes):
        shown = [
            one
            for one in edition.themes
            if (one.stream, one.domain) == (stream, edition.city) and one.texts is not None
        ]
        if shown:
            yield f"themes-{stream}", tone_chart(themes_by_frequency(shown), stream)


def tone_chart(themes: list[ThemeShare], stream: str) -> charts.ToneChart:
    shares = stream == "sampled" or any(one.corrected for one in themes)
    rows = [
        charts.ToneRow(
            name=one.name,
            size=(one.share if shares else one.texts) or 0,
            often=frequency_label(one, shares=shares),
            tone=one.net_sentiment,
        )
        for one in themes
    ]
    return charts.ToneChart(
        title="Themes: how often, and in what tone",
        description=" ".join(f"{one.name}: {one.often}, {tone_in_words(one)}." for one in rows),
        rows=tuple(rows),
    )


def frequency_label(one: ThemeShare, *, shares: bool) -> str:
    if one.texts is None:
        return "withheld"
    if one.share is None or not shares:
        return f"{format_count(one.texts)} texts" if one.texts else format_count(one.texts)
    return f"{format_share(one.share)} ({format_count(one.texts)} texts)"


def tone_in_words(one: charts.ToneRow) -> str:
    return "no tone shown" if one.tone is None else f"net sentiment {format_signed(one.tone)}"
