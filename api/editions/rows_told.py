"""Export rows on what an edition is based on, what it found, and what changed."""

from collections.abc import Iterator

from api.editions.rows import ExportRow, figure_row, words_row
from survey.editions.chapters.changes import ChangeDecomposition
from survey.editions.edition import Edition


def about_rows(edition: Edition, whole: str) -> Iterator[ExportRow]:
    """What the figures are based on, as rows, so that it stays with the file."""
    for name, said in (
        ("edition", str(edition.number)),
        ("data as of", str(edition.data_as_of)),
        ("synthetic", "yes" if edition.synthetic else "no"),
        ("method version", edition.method_version),
        ("population", edition.population_basis),
        ("codebook", str(edition.codebook)),
        ("reading of themes", edition.reading or "not measured"),
        ("version of the disclosure gate", str(edition.gate)),
        *[(name, said) for name, said in provenance(edition) if said],
        *[("caveat", one) for one in edition.caveats],
        *[("caveat of ratios", one) for one in edition.disparity_caveats],
        *[("attribution", one) for one in edition.attribution],
    ):
        yield words_row("about", whole, edition.city, name, said)
    found = edition.completeness
    if found is not None:
        for name, value in (
            (f"boroughs with answers, of {found.of_areas}", found.areas),
            (f"weeks told, of {found.of_weeks}", found.weeks),
            ("deployments told late", found.late),
        ):
            yield figure_row("completeness", whole, edition.city, name, value)


def provenance(edition: Edition) -> Iterator[tuple[str, str]]:
    yield "planted", edition.planted
    yield "code version", edition.code_version
    yield "inputs sha256", edition.inputs_sha256
    yield from ((f"seed: {name}", str(seed)) for name, seed in edition.seeds)


def note_rows(edition: Edition, whole: str) -> Iterator[ExportRow]:
    """Findings, alerts, actions and notes: words without figures."""
    for one in edition.findings:
        said = f"{one.sentence} {one.confidence}. {one.so_what}"
        yield words_row("findings", whole, edition.city, "finding", said)
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
            yield words_row(log, whole, edition.city, line.kind, line.sentence)


def change_rows(edition: Edition, whole: str) -> Iterator[ExportRow]:
    for one in edition.moved:
        yield from change_reason_rows(one, whole)


def change_reason_rows(one: ChangeDecomposition, whole: str) -> Iterator[ExportRow]:
    """The figure before and now, and the four reasons that add up to the difference."""
    for name, value in (
        ("was", one.was),
        ("now", one.now),
        ("by new answers", one.answers),
        ("by restated deployments", one.restated),
        ("by recoding", one.recoded),
        ("by method", one.method),
    ):
        measure = f"{one.table}: {one.figure}, {name}"
        yield figure_row("what moved", whole, one.domain, measure, value, one.unit)
