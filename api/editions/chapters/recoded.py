"""The section on how a new version of the codebook changed the themes of the same texts."""

from collections.abc import Iterator

from api.editions.behind import drill_down_links
from api.editions.chapters.themes import HEADINGS
from api.editions.report import (
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.formatting import format_count, format_whole
from survey.editions.chapters.themes import NewCodebook
from survey.editions.edition import Edition

NEARLY = "Themes of which fewer than ten texts came or went in a stream are not listed."


def codebook_section(edition: Edition) -> Iterator[ReportSection]:
    found = edition.new_codebook
    if found is not None:
        yield ReportSection(
            key="codebook",
            heading="What the new codebook changed",
            words=codebook_words(edition, found),
            points=found.changes,
            tables=tuple(codebook_tables(edition, found)),
            measures=measure_links("theme_share"),
            rows=drill_down_links(edition, "themes"),
        )


def codebook_words(edition: Edition, found: NewCodebook) -> tuple[str, ...]:
    why = " ".join(f"The reason given: {reason}" for reason in found.reasons)
    same = (
        f"About {format_whole(found.texts)} texts of this edition were read under both "
        "versions: what "
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


def codebook_tables(edition: Edition, found: NewCodebook) -> Iterator[ReportTable]:
    """One table for each stream; streams are never added up."""
    for stream in dict.fromkeys(row.stream for row in found.recoded):
        yield ReportTable(
            caption=f"The same texts {HEADINGS[stream].casefold()}, under both versions",
            head=("Theme", f"Version {found.before}", f"Version {edition.codebook}"),
            rows=tuple(
                (
                    ReportCell(row.name),
                    text_cell(format_count(row.before)),
                    text_cell(format_count(row.after)),
                )
                for row in found.recoded
                if row.stream == stream
            ),
            note=NEARLY,
        )
