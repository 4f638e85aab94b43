"""Export rows on what residents think, and on perception with deployments."""

from collections.abc import Iterator

from api.editions.rows import (
    ExportRow,
    bounded_row,
    estimate_row,
    figure_row,
    rate_row,
    words_row,
)
from survey.editions.chapters.index import SmallAreaEstimate
from survey.editions.chapters.panels import EditionLagProfile, StartEffect
from survey.editions.chapters.received import ComplaintRatio
from survey.editions.chapters.sample import IndexReliability, Weighting
from survey.editions.edition import Edition
from survey.editions.figures import Association


def perception_rows(edition: Edition, index: str) -> Iterator[ExportRow]:
    for one in edition.index:
        yield estimate_row("index", index, "perception index", one)
    for point in edition.index_series:
        yield estimate_row("index series", str(point.start), "perception index", point.estimate)
    for item in edition.agreement:
        yield estimate_row("agreement", index, f"agree: {item.item}", item.agree)
        yield estimate_row("agreement", index, f"agree less disagree: {item.item}", item.net)
    for group in edition.groups:
        yield estimate_row(f"groups: {group.dimension}", index, group.measure, group.estimate)
    for area in edition.small_areas:
        yield from small_area_rows(area, index)
    yield from weighting_rows(edition.weighting, index, edition.city)
    yield from reliability_rows(edition.reliability, index, edition.city)


def small_area_rows(one: SmallAreaEstimate, period: str) -> Iterator[ExportRow]:
    yield estimate_row("small areas", period, "perception index, own answers", one.direct)
    key = "small areas", period, one.domain, "sampled", "perception index, model"
    own = "" if one.own is None else f"; own part {one.own:.2f}"
    yield bounded_row(key, one.direct.n, (one.value, one.low, one.high), f"Fay-Herriot{own}")


def weighting_rows(found: Weighting | None, period: str, city: str) -> Iterator[ExportRow]:
    if found is None:
        return
    for measure, value in (
        ("invited", found.invited),
        ("answered", found.answered),
        ("response rate", found.response_rate),
        ("answers", found.n),
        ("effective answers", found.effective_n),
        ("design effect (Kish)", found.kish),
        ("share of weights capped", found.trimmed),
    ):
        yield figure_row("weighting", period, city, measure, value, found.flag)
    margins = ", ".join(found.margins) if found.raked else "design weights alone"
    yield words_row("weighting", period, city, "margins", f"{margins}; {found.vintage}")
    for joined in found.joined:
        yield words_row("weighting", period, city, "joined", joined)


def reliability_rows(found: IndexReliability | None, period: str, city: str) -> Iterator[ExportRow]:
    if found is None:
        return
    key = "reliability", period, city, "sampled"
    said = "publishable" if found.publishable else "not publishable"
    yield bounded_row((*key, "alpha"), found.n, (found.alpha, found.low, found.high), said)
    yield bounded_row((*key, "omega"), found.n, (found.omega, None, None))
    for item, r in found.item_rest:
        yield bounded_row((*key, f"item with rest: {item}"), found.n, (r, None, None))


def published_rows(edition: Edition) -> Iterator[ExportRow]:
    for row in edition.beside:
        end = str(row.quarter_end)
        yield estimate_row("published perception", end, row.item, row.perception)
        if row.deployments is not None:
            yield rate_row("published perception: deployments", end, row.deployments)


def association_rows(table: str, period: str, one: Association | None) -> Iterator[ExportRow]:
    if one is None:
        return
    verdict = one.verdict.replace("_", " ")
    limits = one.beta, one.low, one.high
    yield table, period, "", "", "lag 1", one.events, *limits, one.sentence, verdict
    least = one.smallest_detectable
    yield table, period, "", "", "smallest detectable", one.events, least, None, None, "", verdict


def panel_rows(edition: Edition, whole: str) -> Iterator[ExportRow]:
    yield from association_rows("panel", whole, edition.association)
    yield from association_rows("published panel", whole, edition.published_association)
    yield from lag_rows(edition.profile, whole)
    yield from complaint_ratio_rows(edition.complained, whole)
    for start in edition.starts:
        yield from pilot_start_rows(start)


def lag_rows(found: EditionLagProfile | None, period: str) -> Iterator[ExportRow]:
    if found is None:
        return
    for one in (found.placebo, *found.lags):
        name = "placebo, the week after" if one.lag < 0 else f"lag {one.lag}"
        p = "" if one.p is None else f"p after Holm {one.p:.3f}"
        yield bounded_row(("lags", period, "", "", name), None, (one.beta, one.low, one.high), p)
    for other in found.otherwise:
        key = "lags", period, "", "", f"lag 1: {other.choice}"
        yield bounded_row(key, None, (other.beta, other.low, other.high))


def complaint_ratio_rows(found: ComplaintRatio | None, period: str) -> Iterator[ExportRow]:
    if found is None:
        return
    key = "complaints after deployments", period, "", "", "rate ratio"
    yield bounded_row(key, None, (found.ratio, found.low, found.high), "negative binomial")
    limits = found.clustered_low, found.clustered_high
    known = "withheld" if None in limits else "shown"
    yield *key, None, None, *limits, "Poisson, limits clustered by area", known
    yield figure_row(key[0], period, "", "dispersion", found.dispersion)


def pilot_start_rows(one: StartEffect) -> Iterator[ExportRow]:
    key = f"start: {one.design}", str(one.day), "", ""
    yield bounded_row((*key, "step"), None, (one.step, one.low, one.high), one.strength)
    for found in one.bins:
        figure = found.effect, found.low, found.high
        yield bounded_row((*key, f"weeks {found.weeks}"), None, figure)
