"""The sections on what people wrote, one stream at a time; streams are never added up."""

from collections.abc import Callable, Iterator

from analysis.disclosure.counts import FEWEST_TEXTS
from api.editions.behind import drill_down_links
from api.editions.chapters import voices
from api.editions.chapters.index import LEVEL
from api.editions.report import (
    ReportCell,
    ReportChart,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.formatting import (
    TO,
    WITHHELD,
    format_count,
    format_dates,
    format_day,
    format_share,
    format_share_limits,
    format_signed,
    format_whole,
)
from survey.coding.double_coding import PASS_MARK, AccuracyEstimate
from survey.editions.chapters.themes import ThemeShare, themes_by_frequency
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


def theme_sections(edition: Edition, names: Callable[[str], str]) -> Iterator[ReportSection]:
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
    for stream in [*dict.fromkeys(one for one in streams if one != "open"), "open"]:
        yield stream_section(edition, stream, names)


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
    return f"{one.value:.2f} ({one.low:.2f}{TO}{one.high:.2f})"


def stream_section(edition: Edition, stream: str, names: Callable[[str], str]) -> ReportSection:
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
            *voices.campaign_sentences(edition, stream, mine),
        ),
        figure=themes_chart(
            city, stream, format_dates(edition.index_from or edition.start, edition.end)
        )
        if city
        else None,
        tables=(
            *voices.counted_twice_tables(
                city, stream, heading, lambda one: theme_cells(one, described=False)
            ),
            *voices.campaign_tables(edition, stream, heading),
        ),
        folded=(area_table(areas, stream, names),) if areas else (),
        quotes=voices.report_quotes(edition, stream, names),
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
            "Complaints show what was complained of. They are no sample either, and no margin "
            "of error can be given."
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


def received_count(edition: Edition, stream: str) -> int | None:
    rows = [row for row in edition.received if row.domain == edition.city]
    found: int | None = getattr(rows[0], stream) if rows else None
    return found


def themes_chart(rows: list[ThemeShare], stream: str, when: str) -> ReportChart:
    put_right = any(one.corrected for one in rows)
    described = stream == "sampled" or put_right
    hidden = sum(one.texts is None for one in rows)
    apart = (
        f" Withheld, with fewer than {FEWEST_TEXTS} texts: {format_whole(hidden)}."
        if hidden
        else ""
    )
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


def area_table(rows: list[ThemeShare], stream: str, names: Callable[[str], str]) -> ReportTable:
    twice = stream != "sampled" and voices.counts_differ(rows)
    once = (voices.ONCE, voices.TONE_ONCE) if twice else ()
    return ReportTable(
        caption=f"By borough {HEADINGS.get(stream, stream).casefold()}, from 10 texts on",
        head=("Borough", "Theme", MACHINE_COUNT, TONE, *once),
        rows=tuple(
            (
                ReportCell(names(one.domain)),
                ReportCell(one.name),
                *theme_cells(one, described=False),
                *(voices.voice_cells(one) if once else ()),
            )
            for one in rows
        ),
    )
