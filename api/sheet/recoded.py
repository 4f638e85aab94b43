"""The part of a sheet that says what a newer codebook made of the same texts."""

from collections.abc import Iterator

from api.figures import count, whole
from api.sheet.nouns import Cell, Part, Table, said
from survey.reports import Edition, NewCodebook

STREAMS = {
    "sampled": "Residents who were asked",
    "open": "People who chose to write",
    "complaints": "Complaints",
}
NEARLY = "Themes of which fewer than ten texts came or went in a stream are not listed."


def part(edition: Edition) -> Iterator[Part]:
    found = edition.new_codebook
    if found is not None:
        yield Part(
            key="codebook",
            heading="What the new codebook changed",
            words=words(edition, found),
            points=found.changes,
            tables=(table(edition, found),) if found.recoded else (),
        )


def words(edition: Edition, found: NewCodebook) -> tuple[str, ...]:
    why = " ".join(f"The reason given: {reason}" for reason in found.reasons)
    same = (
        f"About {whole(found.texts)} texts of this edition were read under both versions: what "
        "differs below is the reading alone, not what people wrote."
        if found.texts
        else "No text of this edition was read under both versions."
    )
    return tuple(
        one
        for one in (
            f"The edition before was told in version {found.before} of the codebook, this one in "
            f"version {edition.codebook}. Figures of themes can differ for that reason alone.",
            why,
            same,
        )
        if one
    )


def table(edition: Edition, found: NewCodebook) -> Table:
    return Table(
        caption="The same texts under both versions of the codebook",
        head=("Stream", "Theme", f"Version {found.before}", f"Version {edition.codebook}"),
        rows=tuple(
            (
                Cell(STREAMS[row.stream]),
                Cell(row.name),
                said(count(row.before)),
                said(count(row.after)),
            )
            for row in found.recoded
        ),
        note=NEARLY,
    )
