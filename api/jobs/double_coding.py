"""Double coding: draws the sample of a quarter, and turns what people said into arrays."""

import datetime
import functools
import secrets
from collections.abc import Sequence

import numpy as np

from analysis import accuracy, double_coding
from analysis.accuracy import TONES, Labelled
from analysis.double_coding import Found, Frame
from analysis.statistics import drawing
from api import clock
from api.intake import PERCEPTION
from api.jobs.labels import Told, arrays, coded, numbers
from api.jobs.threads import run_in_thread
from api.loading import loading
from survey.codebooks import Codebook
from survey.double_coding import SAMPLE, Accuracy, Standing, quarter_after
from survey.instruments import said
from survey.places import Area
from survey.store import codebooks, instruments
from survey.store import double_coding as store
from survey.store.database import Connection

Named = Sequence[tuple[str, str]]
SETTLED = 0.95


async def run(connection: Connection, key: str) -> None:
    """The sample of the quarter that begins on this day, once; none where nobody wrote."""
    with loading("api.jobs.coding"):
        from api.jobs import coding  # slow to load, and no page needs it

    await coding.code_all(connection)
    await draw(connection, datetime.date.fromisoformat(key), seed=secrets.randbits(62))


async def draw(connection: Connection, quarter: datetime.date, *, seed: int) -> int:
    """How many texts were drawn; 0 where the quarter has its sample or has no texts.

    Strata: stream, English or not, and the rarest theme that the machine found.
    """
    ends = (clock.midnight(quarter), clock.midnight(quarter_after(quarter)))
    rows = await store.frame(connection, *ends, PERCEPTION)
    if not rows or await store.drawn_before(connection, quarter):
        return 0
    rare = drawing.rarest([row["themes"] for row in rows])
    strata = [
        f"{row['stream']}/{'en' if row['language'].startswith('en') else 'other'}/{theme}"
        for row, theme in zip(rows, rare, strict=True)
    ]
    picks = drawing.draw([row["text"] for row in rows], strata, size=SAMPLE, seed=seed)
    kept = await store.insert_sample(
        connection,
        quarter,
        [(one.text, one.stratum, one.probability) for one in picks],
        seed=seed,
        codebook=(await codebooks.newest(connection)).version,
        texts=len(rows),
    )
    return len(picks) if kept else 0


def named(book: Codebook) -> Named:
    return [(theme.id, said(theme.name)) for theme in book.themes]


async def labelled(
    connection: Connection, book: Codebook, themes: Named, area: dict[str, int]
) -> Labelled:
    """What may correct figures: the quarters of which nearly all is settled.

    What is open was hardest to read, and would be missing from the sample.
    """
    found = await everything(connection, book, themes, area)
    done = [
        one
        for one in set(found.quarter.tolist())
        if found.settled[found.in_quarter(one)].mean() >= SETTLED
    ]
    return found.only(np.array([one in done for one in found.quarter], dtype=np.bool_))


async def everything(
    connection: Connection, book: Codebook, themes: Named, area: dict[str, int]
) -> Labelled:
    """All that two people coded, told in the `themes` (id and name) of the version in use."""
    found = [coded(row) for row in await store.coded_twice(connection, book.version)]
    known = {
        version: (await codebooks.get(connection, version)).ids()
        for version in {one.row["codebook"] for one in found}
    }
    forms = await instruments.versions(connection)
    return arrays(found, Told(book, [theme for theme, _ in themes], known), area, forms)


async def judged(connection: Connection) -> tuple[Standing | None, list[Accuracy]]:
    """Whether themes may be shown, and how well each quarter was read, the newest first.

    None before a quarter has been coded.
    """
    book = await codebooks.newest(connection)
    found = await labelled(connection, book, named(book), {})
    told = await run_in_thread(accuracy.accuracies, found)
    return accuracy.judged(told), told


async def missed(connection: Connection, book: Codebook) -> dict[str, list[tuple[str, str]]]:
    """For each theme the texts, with their words, that people settled it on and the machine not."""
    told = Told(book, [], {})
    made: dict[str, list[tuple[str, str]]] = {}
    for one in [coded(row) for row in await store.coded_twice(connection, book.version)]:
        said = told.said(one.counts.themes, one.row["codebook"]) if one.counts else None
        for theme in sorted((said or frozenset()) - (told.today(one.row) or frozenset())):
            if one.row["redacted"] not in told.taught:
                made.setdefault(theme, []).append((one.row["text"], one.row["redacted"]))
    return made


async def frame_of(connection: Connection, book: Codebook, quarter: datetime.date) -> Frame:
    """All texts of a quarter that its sample could have held, as the machine reads them today."""
    ends = (clock.midnight(quarter), clock.midnight(quarter_after(quarter)))
    rows = await store.frame(connection, *ends, PERCEPTION)
    told = Told(book, [theme.id for theme in book.themes], {})
    spoken = [told.row(told.said(row["themes"], row["codebook"])) for row in rows]
    return Frame(
        stream=np.array([row["stream"] for row in rows], dtype=np.str_),
        spoken=np.array(spoken, dtype=np.bool_).reshape(len(rows), len(told.themes)),
        tone=numbers([TONES.get(row["tone"]) for row in rows]),
        weight=numbers([1 / (row["probability"] or 1.0) for row in rows]),
        stratum=np.array([row["stratum"] or "" for row in rows], dtype=np.str_),
        psu=np.array([row["psu"] or "" for row in rows], dtype=np.str_),
    )


async def results(
    connection: Connection, quarter: datetime.date, boroughs: Sequence[Area]
) -> Found | None:
    """Everything that the labels of a quarter tell, settled or not; None before there are any."""
    book = await codebooks.newest(connection)
    number = {area.code: i for i, area in enumerate(boroughs)}
    labels = await everything(connection, book, named(book), number)
    if not labels.in_quarter(quarter).any():
        return None
    work = functools.partial(
        double_coding.found,
        labels,
        await frame_of(connection, book, quarter),
        quarter,
        names=[name for _, name in named(book)],
        boroughs=[area.name for area in boroughs],
    )
    return await run_in_thread(work)
