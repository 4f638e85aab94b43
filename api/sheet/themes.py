"""The parts of a sheet about what people wrote; one stream at a time, never added up."""

from collections.abc import Callable, Iterator

from analysis.disclosure import FEWEST_TEXTS
from api.figures import WITHHELD, count, dates, percent, percents, signed, whole
from api.sheet.nouns import Cell, Figure, Part, Table, said
from survey.reports import Edition, ThemeShare

HEADINGS = {
    "sampled": "In the words of residents who were asked",
    "open": "In the words of people who chose to write",
    "complaints": "In complaints",
}
TONE = "Net sentiment"
SHARES = "Share of the texts of residents asked, and net sentiment."
NUMBERS = "Number of texts received, and their net sentiment."


def themes(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
    if not edition.themes and not received(edition, "open"):
        return
    yield Part(
        key="themes",
        heading="What people wrote about",
        words=(
            "Net sentiment runs from −100 (every text negative) to +100 (every text positive). "
            "The streams are never added up.",
        ),
    )
    streams = [one.stream for one in edition.themes]
    for stream in dict.fromkeys([*streams, "open"]):
        yield of_stream(edition, stream, names)


def of_stream(edition: Edition, stream: str, names: Callable[[str], str]) -> Part:
    mine = [one for one in edition.themes if one.stream == stream]
    city = by_frequency([one for one in mine if one.domain == edition.city])
    areas = sorted(
        (one for one in mine if one.domain != edition.city), key=lambda one: names(one.domain)
    )
    return Part(
        key=f"themes-{stream}",
        heading=HEADINGS.get(stream, stream.capitalize()),
        stream=stream,
        level=3,
        words=(sentence(edition, stream),),
        figure=figure(city, stream, dates(edition.index_from or edition.start, edition.end))
        if city
        else None,
        folded=(by_area(areas, stream, names),) if areas else (),
    )


def by_frequency(rows: list[ThemeShare]) -> list[ThemeShare]:
    """The most frequent first; what is withheld comes last, by name, and tells no order."""
    return sorted(rows, key=lambda one: (one.texts is None, -(one.texts or 0), one.name))


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


def received(edition: Edition, stream: str) -> int | None:
    rows = [row for row in edition.received if row.domain == edition.city]
    found: int | None = getattr(rows[0], stream) if rows else None
    return found


def figure(rows: list[ThemeShare], stream: str, when: str) -> Figure:
    described = stream == "sampled"
    hidden = sum(one.texts is None for one in rows)
    apart = f" Withheld, with fewer than {FEWEST_TEXTS} texts: {whole(hidden)}." if hidden else ""
    head = ("Theme", "Texts", "Share (95\N{NO-BREAK SPACE}% interval)", TONE)
    return Figure(
        chart=f"themes-{stream}",
        title="Themes: how often, and in what tone",
        subtitle=f"{when}. {SHARES if described else NUMBERS}{apart}",
        table=Table(
            caption=f"Themes {HEADINGS.get(stream, stream).casefold()}",
            head=head if described else ("Theme", "Texts", TONE),
            rows=tuple((Cell(one.name), *cells(one, described=described)) for one in rows),
        ),
    )


def cells(one: ThemeShare, *, described: bool) -> tuple[Cell, ...]:
    texts, tone = said(count(one.texts)), tone_of(one)
    if not described:
        return texts, tone
    return texts, share_of(one), tone


def share_of(one: ThemeShare) -> Cell:
    if one.share is None or one.low is None or one.high is None:
        return said(WITHHELD)
    return Cell(f"{percent(one.share)} ({percents(one.low, one.high)})")


def tone_of(one: ThemeShare) -> Cell:
    """Withheld with its texts; a theme of which nothing was said has no tone."""
    if one.net_sentiment is not None:
        return Cell(signed(one.net_sentiment))
    return said(WITHHELD) if one.texts is None else Cell("not scored")


def by_area(rows: list[ThemeShare], stream: str, names: Callable[[str], str]) -> Table:
    return Table(
        caption=f"By borough {HEADINGS.get(stream, stream).casefold()}, from 10 texts on",
        head=("Borough", "Theme", "Texts", TONE),
        rows=tuple(
            (Cell(names(one.domain)), Cell(one.name), *cells(one, described=False)) for one in rows
        ),
    )
