"""Export rows on what people wrote, and how many wrote."""

from collections.abc import Iterator

from api.editions.rows import ExportRow
from survey.coding.campaigns import EditionCampaign
from survey.editions.chapters.themes import ThemeShare
from survey.editions.edition import Edition

ONCE = "each campaign counted once"


def text_rows(edition: Edition, index: str) -> Iterator[ExportRow]:
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
        yield *key, f"{measure}: {one.name}", one.voices, figure, None, None, ONCE, status


def campaign_row(period: str, city: str, one: EditionCampaign) -> ExportRow:
    when = f"{one.first} to {one.last}: {'; '.join(one.themes) or 'no theme'}"
    key = "campaigns", period, city, one.stream, f"texts of campaign {one.id[:8]}"
    return *key, one.texts, one.texts, None, None, when, "shown"


def received_rows(edition: Edition, period: str) -> Iterator[ExportRow]:
    for row in edition.received:
        for stream in ("sampled", "open", "complaints"):
            count = getattr(row, stream)
            status = "withheld" if count is None else "shown"
            key = "received", period, row.domain, stream, "received"
            yield *key, count, count, None, None, "", status
    for row in edition.received[:1]:
        for stream, count in (
            ("open", row.open_voices),
            ("complaints", row.complaint_voices),
        ):
            status = "withheld" if count is None else "shown"
            key = "received", period, row.domain, stream, "received, as voices"
            yield *key, count, count, None, None, ONCE, status
