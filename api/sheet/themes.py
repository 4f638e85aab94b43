"""The parts of a sheet about what people wrote; one stream at a time, never added up."""

from collections.abc import Callable, Iterator

from analysis.disclosure import FEWEST_TEXTS
from api.figures import TO, WITHHELD, count, dates, day, percent, percents, signed, whole
from api.sheet import voices
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Figure, Part, Table, said, told
from api.sheet.perception import LEVEL
from survey.double_coding import PASS_MARK, Measured
from survey.editions import Edition
from survey.reports import ThemeShare, by_frequency

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


def themes(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
    if edition.reading in ("dropped", "below"):
        words = (WITHHELD_READING, *measured(edition))
        yield Part(key="themes", heading="What people wrote about", words=words)
        return
    if not edition.themes and not received(edition, "open"):
        return
    yield Part(
        key="themes",
        heading="What people wrote about",
        words=(
            "Net sentiment runs from −100 (every text negative) to +100 (every text positive). "
            "The streams are never added up.",
            *measured(edition),
        ),
    )
    streams = [one.stream for one in edition.themes]
    for stream in [*dict.fromkeys(one for one in streams if one != "open"), "open"]:
        yield of_stream(edition, stream, names)


def top(edition: Edition) -> Iterator[Part]:
    """The five most frequent themes of residents who were asked, else of who chose to write."""
    if edition.reading in ("dropped", "below"):
        yield Part(
            key="top-themes", heading="What people wrote about most", words=(WITHHELD_READING,)
        )
        return
    streams = [one.stream for one in edition.themes if one.texts is not None]
    stream = next((one for one in ("sampled", "open", "complaints") if one in streams), "")
    mine = [one for one in edition.themes if (one.stream, one.domain) == (stream, edition.city)]
    rows = [one for one in by_frequency(mine) if one.texts is not None][:TOP]
    if not rows:
        return
    described = stream == "sampled" or any(one.corrected for one in rows)
    head = ("Theme", f"Share ({LEVEL})" if described else MACHINE_COUNT, TONE)
    yield Part(
        key="top-themes",
        heading="What people wrote about most",
        stream=stream,
        tables=(
            Table(
                caption="The most frequent themes",
                head=head,
                rows=tuple(
                    (
                        titled(one),
                        share_of(one) if described else said(count(one.texts)),
                        tone_of(one),
                    )
                    for one in rows
                ),
            ),
        ),
        measures=told("theme_share", "net_sentiment"),
        rows=behind(edition, "themes"),
    )


def titled(one: ThemeShare) -> Cell:
    """The theme by name, whether it is new, and where something is told of it what it means."""
    name = f"{one.name} (new)" if one.new else one.name
    return Cell(name, under="" if one.texts is None else one.meaning)


def measured(edition: Edition) -> tuple[str, ...]:
    """How well the machine reads, where people have looked."""
    found = edition.accuracy
    if found is None or found.f1.value is None:
        return ()
    return (
        f"Two people coded {whole(found.labels)} texts of the quarter from {day(found.quarter)} "
        f"without seeing the machine's codes. They agreed with Krippendorff's α "
        f"{scored(found.alpha)}; the machine reached F1 {scored(found.f1)}. "
        f"{PASS_MARK:.2f} is asked for.",
    )


def scored(one: Measured) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "not known"
    return f"{one.value:.2f} ({one.low:.2f}{TO}{one.high:.2f})"


def of_stream(edition: Edition, stream: str, names: Callable[[str], str]) -> Part:
    mine = [one for one in edition.themes if one.stream == stream]
    city = by_frequency([one for one in mine if one.domain == edition.city])
    areas = sorted(
        (one for one in mine if one.domain != edition.city), key=lambda one: names(one.domain)
    )
    heading = HEADINGS.get(stream, stream.capitalize())
    return Part(
        key=f"themes-{stream}",
        heading=heading,
        stream=stream,
        level=2 if stream == "open" else 3,
        apart=stream == "open",
        words=(
            sentence(edition, stream),
            how_counted(city),
            *voices.sentences(edition, stream, mine),
        ),
        figure=figure(city, stream, dates(edition.index_from or edition.start, edition.end))
        if city
        else None,
        tables=(
            *voices.twice(city, stream, heading, lambda one: cells(one, described=False)),
            *voices.campaigns(edition, stream, heading),
        ),
        folded=(by_area(areas, stream, names),) if areas else (),
        quotes=voices.quotes(edition, stream, names),
        measures=told("theme_share", "net_sentiment"),
        rows=behind(edition, "themes"),
    )


def sentence(edition: Edition, stream: str) -> str:
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
    wrote = received(edition, "open")
    who = f"about {whole(wrote)} people" if wrote else "a few people"
    return (
        f"From {dates(edition.start, edition.end)} {who} chose to write. "
        f"They are not a sample of {people}; no margin of error can be "
        "given, and weighting would not repair it."
    )


def how_counted(rows: list[ThemeShare]) -> str:
    """Whether the shares are put right, and what their intervals hold."""
    put_right = [one for one in rows if one.corrected]
    if not put_right:
        return "Texts and shares are machine counts: no share is corrected by people's coding here."
    labels = {one.labels for one in put_right if one.labels}
    some = " to ".join(dict.fromkeys(whole(n) for n in (min(labels), max(labels))))
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


def received(edition: Edition, stream: str) -> int | None:
    rows = [row for row in edition.received if row.domain == edition.city]
    found: int | None = getattr(rows[0], stream) if rows else None
    return found


def figure(rows: list[ThemeShare], stream: str, when: str) -> Figure:
    put_right = any(one.corrected for one in rows)
    described = stream == "sampled" or put_right
    hidden = sum(one.texts is None for one in rows)
    apart = f" Withheld, with fewer than {FEWEST_TEXTS} texts: {whole(hidden)}." if hidden else ""
    share = "Share" if put_right else "Share by machine count"
    head = ("Theme", MACHINE_COUNT, f"{share} ({LEVEL})", TONE)
    counts = SHARES if stream == "sampled" else RECEIVED if put_right else NUMBERS
    return Figure(
        chart=f"themes-{stream}",
        title="Themes: how often, and in what tone",
        subtitle=f"{when}. {counts}{apart}",
        table=Table(
            caption=f"Themes {HEADINGS.get(stream, stream).casefold()}",
            head=head if described else ("Theme", MACHINE_COUNT, TONE),
            rows=tuple((titled(one), *cells(one, described=described)) for one in rows),
        ),
    )


def cells(one: ThemeShare, *, described: bool) -> tuple[Cell, ...]:
    texts, tone = said(count(one.texts)), tone_of(one)
    if not described:
        return texts, tone
    return texts, share_of(one), tone


def share_of(one: ThemeShare) -> Cell:
    if one.share is None:
        return said(WITHHELD)
    if one.low is None or one.high is None:
        return Cell(f"{percent(one.share)}, machine count")
    return Cell(f"{percent(one.share)} ({percents(one.low, one.high)})")


def tone_of(one: ThemeShare) -> Cell:
    """Withheld with its texts; a theme of which nothing was said has no tone."""
    if one.net_sentiment is not None:
        return Cell(signed(one.net_sentiment))
    return said(WITHHELD) if one.texts is None else Cell("not scored")


def by_area(rows: list[ThemeShare], stream: str, names: Callable[[str], str]) -> Table:
    twice = stream != "sampled" and voices.differ(rows)
    once = (voices.ONCE, voices.TONE_ONCE) if twice else ()
    return Table(
        caption=f"By borough {HEADINGS.get(stream, stream).casefold()}, from 10 texts on",
        head=("Borough", "Theme", MACHINE_COUNT, TONE, *once),
        rows=tuple(
            (
                Cell(names(one.domain)),
                Cell(one.name),
                *cells(one, described=False),
                *(voices.cells(one) if once else ()),
            )
            for one in rows
        ),
    )
