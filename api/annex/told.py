"""Rows of the annex that say what an edition rests on, what it found, and what moved."""

from collections.abc import Iterator

from api.annex.rows import Row, plain, worded
from survey.changes import Moved
from survey.editions import Edition


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
        ("version of the disclosure gate", str(edition.gate)),
        *[(name, said) for name, said in made_by(edition) if said],
        *[("caveat", one) for one in edition.caveats],
        *[("caveat of ratios", one) for one in edition.disparity_caveats],
        *[("attribution", one) for one in edition.attribution],
    ):
        yield worded("about", whole, edition.city, name, said)
    found = edition.completeness
    if found is not None:
        for name, value in (
            (f"boroughs with answers, of {found.of_areas}", found.areas),
            (f"weeks told, of {found.of_weeks}", found.weeks),
            ("deployments told late", found.late),
        ):
            yield plain("completeness", whole, edition.city, name, value)


def made_by(edition: Edition) -> Iterator[tuple[str, str]]:
    yield "planted", edition.planted
    yield "code version", edition.code_version
    yield "inputs sha256", edition.inputs_sha256
    yield from ((f"seed: {name}", str(seed)) for name, seed in edition.seeds)


def told(edition: Edition, whole: str) -> Iterator[Row]:
    """Findings, alerts, actions and logs: words with no figure beside them."""
    for one in edition.findings:
        said = f"{one.sentence} {one.confidence}. {one.so_what}"
        yield worded("findings", whole, edition.city, "finding", said)
    for alert in edition.alerts:
        key = (
            "alerts",
            f"{alert.since}/{alert.until}",
            alert.domain,
            "",
            f"{alert.level}: {alert.rule}",
        )
        said = f"{alert.sentence} Owner: {alert.owner or 'nobody yet'}. {alert.action}".strip()
        yield *key, None, alert.expected_a_year, None, None, said, alert.standing
    for action in edition.actions:
        key = "actions", f"{action.agreed_on}/{action.due}", edition.city, "", action.what
        yield *key, None, None, None, None, f"{action.owner}: {action.outcome}", action.status
    for log, lines in (("quality", edition.quality), ("disclosure", edition.disclosure)):
        for line in lines:
            yield worded(log, whole, edition.city, line.kind, line.sentence)


def moved(edition: Edition, whole: str) -> Iterator[Row]:
    for one in edition.moved:
        yield from reasons(one, whole)


def reasons(one: Moved, whole: str) -> Iterator[Row]:
    """Was and now, and the four reasons that add up to the difference."""
    for name, value in (
        ("was", one.was),
        ("now", one.now),
        ("by new answers", one.answers),
        ("by restated deployments", one.restated),
        ("by recoding", one.recoded),
        ("by method", one.method),
    ):
        measure = f"{one.table}: {one.figure}, {name}"
        yield plain("what moved", whole, one.domain, measure, value, one.unit)
