"""The part of a sheet about published figures that the edition before told otherwise."""

from collections.abc import Callable, Iterator

from api.figures import count, dates, tactic_name, whole
from api.sheet.behind import behind
from api.sheet.nouns import Cell, Part, Table, said, told
from survey.editions import Edition
from survey.reports import Restated

MOST = 30


def part(edition: Edition, names: Callable[[str], str]) -> Iterator[Part]:
    found = edition.restated
    if found:
        yield Part(
            key="restated",
            heading="What publishers have restated",
            words=(
                f"Since the edition before, {whole(len(found))} figures of deployments are told "
                "otherwise. This edition has the newer ones, and the edition before stands as it "
                f"was. {listed(len(found))}Counts to the nearest 5.",
            ),
            tables=(table(found[:MOST], names),),
            measures=told("restated"),
            rows=behind(edition, "files"),
        )


def listed(number: int) -> str:
    if number <= MOST:
        return ""
    return f"The {MOST} that moved most are listed; all are in the CSV and JSON. "


def table(found: tuple[Restated, ...], names: Callable[[str], str]) -> Table:
    return Table(
        caption="Figures that were restated",
        head=("Where and when", "Use", "Was", "Is"),
        rows=tuple(
            (
                Cell(f"{names(row.area)}, {dates(row.start, row.end)}"),
                Cell(tactic_name(row.tactic)),
                said(count(row.was)),
                said(count(row.now)),
            )
            for row in found
        ),
    )
