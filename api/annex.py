"""The CSV annex of an edition: every table in long form, one figure a row."""

import csv as csv_module
import io
from collections.abc import Iterator

from api.sheet import windowed
from survey.campaigns import CampaignSeen
from survey.editions import Edition
from survey.reports import (
    Association,
    Estimate,
    Rate,
    Restated,
    ThemeShare,
)

HEAD = (
    "table",
    "period",
    "domain",
    "stream",
    "measure",
    "n",
    "value",
    "low",
    "high",
    "method",
    "status",
)
# A spreadsheet runs what begins so; an apostrophe makes it text. Numbers of ours stay numbers.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

ONCE = "each campaign counted once"

Cell = str | float | None
Row = tuple[Cell, ...]


def csv(edition: Edition) -> bytes:
    """UTF-8, comma, CRLF (RFC 4180). What was withheld is an empty cell with its status."""
    written = io.StringIO(newline="")
    writer = csv_module.writer(written)
    writer.writerow(HEAD)
    writer.writerows([harmless(cell) for cell in row] for row in rows(edition))
    return written.getvalue().encode()


def harmless(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    return round(cell, 4) if isinstance(cell, float) else cell


def rows(edition: Edition) -> Iterator[Row]:
    whole = f"{edition.start}/{edition.end}"
    counted = windowed(edition)
    index, rates = (f"{day}/{edition.end}" for day in (counted.index_from, counted.rates_from))
    yield from about(edition, whole)
    for one in edition.index:
        yield estimated("index", index, "perception index", one)
    for point in edition.index_series:
        yield estimated("index series", str(point.start), "perception index", point.estimate)
    for name, found in (("complaints", edition.complaints), ("deployments", edition.deployments)):
        for rate in found:
            yield rated(name, rates, rate)
    for tactic, count in edition.tactics:
        status = "withheld" if count is None else "shown"
        yield "tactics", whole, edition.city, "", tactic, count, count, None, None, "", status
    yield from map(restated, edition.restated)
    yield from published(edition)
    yield from associated("panel", whole, edition.association)
    yield from associated("published panel", whole, edition.published_association)
    for theme in edition.themes:
        yield from themed(index, theme)
    for seen in edition.campaigns:
        yield campaigned(index, edition.city, seen)
    for quote in edition.quotes:
        key = "quotes", index, quote.domain, quote.stream
        yield *key, f"quote {quote.id}: {quote.name}", None, None, None, None, quote.words, "shown"
    yield from received(edition, whole)
    yield from standings(edition, index)


def about(edition: Edition, whole: str) -> Iterator[Row]:
    """What the figures rest on, as rows, so that the file says it wherever it goes."""
    for name, said in (
        ("edition", str(edition.number)),
        ("data as of", str(edition.data_as_of)),
        ("synthetic", "yes" if edition.synthetic else "no"),
        ("method version", edition.method_version),
        ("population", edition.population_basis),
        ("codebook", str(edition.codebook)),
        ("reading of themes", edition.reading or "not measured"),
        *[("caveat", one) for one in edition.caveats],
        *[("attribution", one) for one in edition.attribution],
    ):
        yield "about", whole, edition.city, "", name, None, None, None, None, said, ""


def estimated(table: str, period: str, measure: str, one: Estimate) -> Row:
    limits = one.value, one.low, one.high
    return table, period, one.domain, one.stream, measure, one.n, *limits, one.method, one.status


def rated(table: str, period: str, one: Rate) -> Row:
    limits = [None if x is None else round(x, 2) for x in (one.per_10_000, one.low, one.high)]
    measure = "per 10,000 residents"
    return table, period, one.domain, "", measure, one.events, *limits, one.method, one.status


def restated(one: Restated) -> Row:
    """A figure that the edition before told otherwise."""
    key = "restated", f"{one.start}/{one.end}", one.area, "", one.tactic
    was = "withheld or not told" if one.was is None else str(one.was)
    status = "withheld" if one.now is None else "shown"
    return *key, one.now, one.now, None, None, f"was {was}; {one.source}", status


def published(edition: Edition) -> Iterator[Row]:
    for row in edition.beside:
        end = str(row.quarter_end)
        yield estimated("published perception", end, row.item, row.perception)
        if row.deployments is not None:
            yield rated("published perception: deployments", end, row.deployments)


def associated(table: str, period: str, one: Association | None) -> Iterator[Row]:
    if one is None:
        return
    verdict = one.verdict.replace("_", " ")
    limits = one.beta, one.low, one.high
    yield table, period, "", "", "lag 1", one.events, *limits, one.sentence, verdict
    least = one.smallest_detectable
    yield table, period, "", "", "smallest detectable", one.events, least, None, None, "", verdict


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


def standings(edition: Edition, period: str) -> Iterator[Row]:
    for tile in edition.tiles:
        key = "standing", period, tile.area, "sampled", f"standing of {tile.name}"
        hidden = tile.standing == "withheld"
        yield *key, None, tile.value, None, None, tile.standing, "withheld" if hidden else "shown"
