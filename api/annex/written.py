"""Rows of the annex about what people wrote, and how many did."""

from collections.abc import Iterator

from api.annex.rows import Row
from survey.campaigns import CampaignSeen
from survey.editions import Edition
from survey.reports import ThemeShare

ONCE = "each campaign counted once"


def written(edition: Edition, index: str) -> Iterator[Row]:
    for theme in edition.themes:
        yield from themed(index, theme)
    for seen in edition.campaigns:
        yield campaigned(index, edition.city, seen)
    for quote in edition.quotes:
        key = "quotes", index, quote.domain, quote.stream
        yield *key, f"quote {quote.id}: {quote.name}", None, None, None, None, quote.words, "shown"


def themed(period: str, one: ThemeShare) -> Iterator[Row]:
    key = "themes", period, one.domain, one.stream
    share = one.share, one.low, one.high
    yield *key, f"share of texts: {one.name}", one.texts, *share, one.method, one.status
    if one.corrected:
        counted = one.machine_share, None, None
        yield *key, f"machine share: {one.name}", one.texts, *counted, "machine count", one.status
    tone = one.net_sentiment, None, None
    yield *key, f"net sentiment: {one.name}", one.texts, *tone, "", one.status
    if one.stream != "sampled":
        yield from voiced(key, one)


def voiced(key: tuple[str, ...], one: ThemeShare) -> Iterator[Row]:
    """The same with each campaign counted once."""
    status = "withheld" if one.voices is None else one.status
    for measure, figure in (
        ("share of voices", one.voice_share),
        ("net sentiment of voices", one.voice_net_sentiment),
    ):
        yield *key, f"{measure}: {one.name}", one.voices, figure, None, None, ONCE, status


def campaigned(period: str, city: str, one: CampaignSeen) -> Row:
    when = f"{one.first} to {one.last}: {'; '.join(one.themes) or 'no theme'}"
    key = "campaigns", period, city, one.stream, f"texts of campaign {one.id[:8]}"
    return *key, one.texts, one.texts, None, None, when, "shown"


def received(edition: Edition, period: str) -> Iterator[Row]:
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
