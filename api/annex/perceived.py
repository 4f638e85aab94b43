"""Rows of the annex about what residents think, and perception beside deployments."""

from collections.abc import Iterator

from api.annex.rows import Row, bounded, estimated, plain, rated, worded
from survey.editions import Edition
from survey.panels import Complained, Profile, Start
from survey.reports import Association
from survey.samples import Reliable, SmallArea, Weighting


def perceived(edition: Edition, index: str) -> Iterator[Row]:
    for one in edition.index:
        yield estimated("index", index, "perception index", one)
    for point in edition.index_series:
        yield estimated("index series", str(point.start), "perception index", point.estimate)
    for item in edition.agreement:
        yield estimated("agreement", index, f"agree: {item.item}", item.agree)
        yield estimated("agreement", index, f"agree less disagree: {item.item}", item.net)
    for group in edition.groups:
        yield estimated(f"groups: {group.dimension}", index, group.measure, group.estimate)
    for area in edition.small_areas:
        yield from small_area(area, index)
    yield from weighed(edition.weighting, index, edition.city)
    yield from reliable(edition.reliability, index, edition.city)


def small_area(one: SmallArea, period: str) -> Iterator[Row]:
    yield estimated("small areas", period, "perception index, own answers", one.direct)
    key = "small areas", period, one.domain, "sampled", "perception index, model"
    own = "" if one.own is None else f"; own part {one.own:.2f}"
    yield bounded(key, one.direct.n, (one.value, one.low, one.high), f"Fay-Herriot{own}")


def weighed(found: Weighting | None, period: str, city: str) -> Iterator[Row]:
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
        yield plain("weighting", period, city, measure, value, found.flag)
    margins = ", ".join(found.margins) if found.raked else "design weights alone"
    yield worded("weighting", period, city, "margins", f"{margins}; {found.vintage}")
    for joined in found.joined:
        yield worded("weighting", period, city, "joined", joined)


def reliable(found: Reliable | None, period: str, city: str) -> Iterator[Row]:
    if found is None:
        return
    key = "reliability", period, city, "sampled"
    said = "publishable" if found.publishable else "not publishable"
    yield bounded((*key, "alpha"), found.n, (found.alpha, found.low, found.high), said)
    yield bounded((*key, "omega"), found.n, (found.omega, None, None))
    for item, r in found.item_rest:
        yield bounded((*key, f"item with rest: {item}"), found.n, (r, None, None))


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


def together(edition: Edition, whole: str) -> Iterator[Row]:
    yield from associated("panel", whole, edition.association)
    yield from associated("published panel", whole, edition.published_association)
    yield from profiled(edition.profile, whole)
    yield from complained(edition.complained, whole)
    for start in edition.starts:
        yield from started(start)


def profiled(found: Profile | None, period: str) -> Iterator[Row]:
    if found is None:
        return
    for one in (found.placebo, *found.lags):
        name = "placebo, the week after" if one.lag < 0 else f"lag {one.lag}"
        p = "" if one.p is None else f"p after Holm {one.p:.3f}"
        yield bounded(("lags", period, "", "", name), None, (one.beta, one.low, one.high), p)
    for other in found.otherwise:
        key = "lags", period, "", "", f"lag 1: {other.choice}"
        yield bounded(key, None, (other.beta, other.low, other.high))


def complained(found: Complained | None, period: str) -> Iterator[Row]:
    if found is None:
        return
    key = "complaints after deployments", period, "", "", "rate ratio"
    yield bounded(key, None, (found.ratio, found.low, found.high), "negative binomial")
    limits = found.clustered_low, found.clustered_high
    known = "withheld" if None in limits else "shown"
    yield *key, None, None, *limits, "Poisson, limits clustered by area", known
    yield plain(key[0], period, "", "dispersion", found.dispersion)


def started(one: Start) -> Iterator[Row]:
    key = f"start: {one.design}", str(one.day), "", ""
    yield bounded((*key, "step"), None, (one.step, one.low, one.high), one.strength)
    for found in one.bins:
        figure = found.effect, found.low, found.high
        yield bounded((*key, f"weeks {found.weeks}"), None, figure)
