"""The front of an edition: its title, notes, caveats, and what it was made from."""

from collections.abc import Iterator

from analysis.disclosure.counts import (
    FEWEST_EVENTS,
    FEWEST_FOR_RATE,
    FEWEST_RESPONDENTS,
    FEWEST_TEXTS,
)
from api.editions.chapters.quality import late_in_words
from api.editions.chapters.received import received_table
from api.editions.report import (
    ReportSection,
    measure_links,
)
from api.editions.rows import ExportRow, Periods, words_row
from api.formatting import (
    format_sentence,
    format_whole,
)
from survey.editions.edition import Edition

TITLES = {"weekly": "Weekly report", "monthly": "Monthly report"}
WHY = (
    f"A figure is withheld where it rests on fewer than {FEWEST_EVENTS} persons or events, "
    f"{FEWEST_RESPONDENTS} respondents or {FEWEST_TEXTS} texts, and a rate where it rests on "
    f"fewer than {FEWEST_FOR_RATE} events, so that no one can be identified. Where figures are "
    "withheld beside a total, the next smallest goes with them. What is withheld and what is "
    "missing look alike."
)
STRIP = (
    "Association is not proof of cause. Residents are not the people whom police met. Who chose to "
    "write stands for nobody else. Withheld and empty look alike."
)


def edition_notes(edition: Edition) -> Iterator[str]:
    """What data were received, and whether this edition or its figures correct others."""
    found = edition.completeness
    if found is not None:
        yield (
            f"Answers from {format_whole(found.areas)} of {format_whole(found.of_areas)} "
            "boroughs; deployments "
            f"told for {format_whole(found.weeks)} of {format_whole(found.of_weeks)} weeks; "
            f"{late_in_words(found.late)} told late."
        )
    if edition.number > 1:
        earlier = "edition 1" if edition.number == 2 else f"editions 1 to {edition.number - 1}"
        yield f"This edition corrects {earlier} of the same period; nothing earlier was changed."
    if edition.restated:
        yield (
            f"Published figures told otherwise than before: {format_whole(len(edition.restated))}."
        )


def caveats_section(edition: Edition) -> Iterator[ReportSection]:
    hidden = edition.withheld
    some = "1 figure is" if hidden == 1 else f"{format_whole(hidden)} figures are"
    yield ReportSection(
        key="caveats",
        heading="What to keep in mind",
        points=(
            *edition.caveats,
            f"{some} withheld. {WHY}" if hidden else f"No figure is withheld. {WHY}",
        ),
        folded=(received_table(edition),) if edition.received else (),
        measures=measure_links("received"),
    )


def disclosure_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.disclosure:
        yield ReportSection(
            key="disclosure",
            heading="What was done so that nobody can be recognised",
            points=tuple(
                f"{format_sentence(one.kind).capitalize()}: {one.sentence}"
                for one in edition.disclosure
            ),
        )


def edition_basis(edition: Edition, sha256: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Method", edition.method_version),
        ("Population", edition.population_basis),
        ("Codebook of themes", f"version {edition.codebook}"),
        *((name, told_so) for name, told_so in provenance(edition) if told_so),
        ("Fingerprint (SHA-256)", sha256),
    )


def provenance(edition: Edition) -> Iterator[tuple[str, str]]:
    """The code, the inputs and the seeds that reproduce the edition."""
    yield "Code", edition.code_version
    yield "Input (SHA-256)", edition.inputs_sha256
    yield "Seeds", ", ".join(f"{name} {seed}" for name, seed in edition.seeds)


def about_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
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
        *[(name, said) for name, said in sources(edition) if said],
        *[("caveat", one) for one in edition.caveats],
        *[("caveat of ratios", one) for one in edition.disparity_caveats],
        *[("attribution", one) for one in edition.attribution],
    ):
        yield words_row("about", periods.whole, edition.city, name, said)


def sources(edition: Edition) -> Iterator[tuple[str, str]]:
    yield "planted", edition.planted
    yield "code version", edition.code_version
    yield "inputs sha256", edition.inputs_sha256
    yield from ((f"seed: {name}", str(seed)) for name, seed in edition.seeds)


def disclosure_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    for line in edition.disclosure:
        yield words_row("disclosure", periods.whole, edition.city, line.kind, line.sentence)
