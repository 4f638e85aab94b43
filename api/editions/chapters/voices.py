"""Campaigns and quotes in a report: texts counted as one voice, and words that may be printed."""

from collections.abc import Callable, Iterable

from api.editions.report import ReportCell, ReportQuote, ReportTable, text_cell
from api.formatting import (
    format_count,
    format_dates,
    format_short_day,
    format_signed,
    format_whole,
)
from survey.coding.campaigns import EditionCampaign
from survey.editions.chapters.themes import ThemeShare
from survey.editions.edition import Edition

ONCE = "Each campaign once"
TONE_ONCE = "Net sentiment, each once"
WHY_ONCE = (
    "Some texts are one text, sent many times with small changes: a campaign. Nothing is left out. "
    "Each figure is given twice: with every text counted, and with each campaign counted once, as "
    "one voice."
)
SMALL = "Campaigns of fewer than 10 texts in a stream count as one voice too, and are not listed."


def counts_differ(rows: Iterable[ThemeShare]) -> bool:
    """Whether counting each campaign once changes any of these figures."""
    return any(one.texts is not None and one.voices != one.texts for one in rows)


def voice_cells(one: ThemeShare) -> tuple[ReportCell, ReportCell]:
    tone = one.voice_net_sentiment
    voices = text_cell(format_count(one.voices))
    return voices, voices if one.voices is None else ReportCell(
        "not scored" if tone is None else format_signed(tone)
    )


def counted_twice_tables(
    rows: list[ThemeShare],
    stream: str,
    heading: str,
    counted: Callable[[ThemeShare], tuple[ReportCell, ...]],
) -> tuple[ReportTable, ...]:
    """The city's themes with every text counted and with each campaign counted once."""
    if stream == "sampled" or not counts_differ(rows):
        return ()
    return (
        ReportTable(
            caption=f"Every text, and each campaign once, {heading.casefold()}",
            head=("Theme", "Every text", "Net sentiment", ONCE, TONE_ONCE),
            rows=tuple(
                (ReportCell(one.name), *counted(one), *voice_cells(one))
                for one in rows
                if one.texts is not None
            ),
        ),
    )


def campaign_sentences(edition: Edition, stream: str, rows: list[ThemeShare]) -> tuple[str, ...]:
    """Why figures appear twice, and how many texts came if each campaign is counted once."""
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
            note=SMALL,
        ),
    )


def campaign_days(one: EditionCampaign) -> str:
    return (
        format_short_day(one.first) if one.first == one.last else format_dates(one.first, one.last)
    )


def report_quotes(
    edition: Edition, stream: str, names: Callable[[str], str]
) -> tuple[ReportQuote, ...]:
    return tuple(
        ReportQuote(one, f"{one.name}, {names(one.domain)}")
        for one in edition.quotes
        if one.stream == stream
    )
