"""Campaigns and quotes on a sheet: what was sent as one voice, and words that may be printed."""

from collections.abc import Callable, Iterable

from api.figures import count, dates, short_day, signed, whole
from api.sheet.nouns import Cell, Cited, Table, said
from survey.campaigns import CampaignSeen
from survey.editions import Edition
from survey.reports import ThemeShare

ONCE = "Each campaign once"
TONE_ONCE = "Net sentiment, each once"
WHY_ONCE = (
    "Some texts are one text, sent many times with small changes: a campaign. Nothing is left out. "
    "Each figure is given twice: with every text counted, and with each campaign counted once, as "
    "one voice."
)
SMALL = "Campaigns of fewer than 10 texts in a stream count as one voice too, and are not listed."


def differ(rows: Iterable[ThemeShare]) -> bool:
    """Whether a campaign makes any of these figures another one."""
    return any(one.texts is not None and one.voices != one.texts for one in rows)


def cells(one: ThemeShare) -> tuple[Cell, Cell]:
    tone = one.voice_net_sentiment
    voices = said(count(one.voices))
    return voices, voices if one.voices is None else Cell(
        "not scored" if tone is None else signed(tone)
    )


def twice(
    rows: list[ThemeShare],
    stream: str,
    heading: str,
    counted: Callable[[ThemeShare], tuple[Cell, ...]],
) -> tuple[Table, ...]:
    """The city's themes with every text counted and with each campaign counted once."""
    if stream == "sampled" or not differ(rows):
        return ()
    return (
        Table(
            caption=f"Every text, and each campaign once, {heading.casefold()}",
            head=("Theme", "Every text", "Net sentiment", ONCE, TONE_ONCE),
            rows=tuple(
                (Cell(one.name), *counted(one), *cells(one))
                for one in rows
                if one.texts is not None
            ),
        ),
    )


def sentences(edition: Edition, stream: str, rows: list[ThemeShare]) -> tuple[str, ...]:
    """Why figures stand twice, and how many came with each campaign counted once."""
    if stream == "sampled":
        return ()
    city = edition.received[0] if edition.received else None
    came, voices = (
        (None, None)
        if city is None
        else (city.open, city.open_voices)
        if stream == "open"
        else (city.complaints, city.complaint_voices)
    )
    told: tuple[str, ...] = ()
    if came and voices is not None and voices != came:
        told = (
            f"With each campaign counted once, about {whole(voices)} came instead of "
            f"about {whole(came)}.",
        )
    return (WHY_ONCE, *told) if told or differ(rows) else ()


def campaigns(edition: Edition, stream: str, heading: str) -> tuple[Table, ...]:
    mine = [one for one in edition.campaigns if one.stream == stream]
    if not mine:
        return ()
    return (
        Table(
            caption=f"Campaigns, each heard as one voice, {heading.casefold()}",
            head=("About", "Texts", "Days"),
            rows=tuple(
                (
                    Cell("; ".join(one.themes) or "no theme of the codebook"),
                    Cell(whole(one.texts)),
                    Cell(days(one)),
                )
                for one in mine
            ),
            note=SMALL,
        ),
    )


def days(one: CampaignSeen) -> str:
    return short_day(one.first) if one.first == one.last else dates(one.first, one.last)


def quotes(edition: Edition, stream: str, names: Callable[[str], str]) -> tuple[Cited, ...]:
    return tuple(
        Cited(one, f"{one.name}, {names(one.domain)}")
        for one in edition.quotes
        if one.stream == stream
    )
