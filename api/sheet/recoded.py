"""The part of a sheet that says what a newer codebook made of the same texts."""

from collections.abc import Iterator

from api.figures import count, whole
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Part, Table, said, told
from api.sheet.themes import HEADINGS
from survey.editions import Edition
from survey.reports import NewCodebook

NEARLY = "Themes of which fewer than ten texts came or went in a stream are not listed."


def part(edition: Edition) -> Iterator[Part]:
    found = edition.new_codebook
    if found is not None:
        yield Part(
            key="codebook",
            heading="What the new codebook changed",
            words=words(edition, found),
            points=found.changes,
            tables=tuple(tables(edition, found)),
            measures=told("theme_share"),
            rows=behind(edition, "themes"),
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


def tables(edition: Edition, found: NewCodebook) -> Iterator[Table]:
    """One a stream; the streams are never added up."""
    for stream in dict.fromkeys(row.stream for row in found.recoded):
        yield Table(
            caption=f"The same texts {HEADINGS[stream].casefold()}, under both versions",
            head=("Theme", f"Version {found.before}", f"Version {edition.codebook}"),
            rows=tuple(
                (Cell(row.name), said(count(row.before)), said(count(row.after)))
                for row in found.recoded
                if row.stream == stream
            ),
            note=NEARLY,
        )
