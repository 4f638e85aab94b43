"""Double coding: draws the sample of a quarter, and turns what people said into arrays."""

import datetime
import functools
import secrets
from collections.abc import Sequence
from typing import Any, get_args

import anyio
import msgspec
import numpy as np

from analysis import accuracy, double_coding
from analysis.accuracy import TONES, Labelled
from analysis.double_coding import Found, Frame
from analysis.statistics import drawing
from analysis.statistics.variance import Flags, Floats, Labels
from api import clock
from api.intake import PERCEPTION
from survey.codebooks import Codebook, carried
from survey.codes import CommentType
from survey.double_coding import SAMPLE, Accuracy, Label, Standing, quarter_after, settled
from survey.instruments import said
from survey.places import Area
from survey.store import codebooks
from survey.store import double_coding as store
from survey.store.database import Connection

Named = Sequence[tuple[str, str]]
TYPES = get_args(CommentType)
TONE_ORDER = tuple(TONES)
SETTLED = 0.95


async def run(connection: Connection, key: str) -> None:
    """The sample of the quarter that begins on this day, once; none where nobody wrote."""
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


class Coded(msgspec.Struct, frozen=True):
    """A row of the store with what each person said of it and what counts."""

    row: Any
    first: Label
    second: Label
    counts: Label | None


def coded(row: Any) -> Coded:
    first, second = (msgspec.convert(row[seat], Label) for seat in ("first", "second"))
    third = msgspec.convert(row["resolution"], Label | None)
    return Coded(row, first, second, settled([first, second], third))


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
    """All that two people coded, told in the `themes` (id and name) of the version in force."""
    found = [coded(row) for row in await store.coded_twice(connection, book.version)]
    known = {
        version: (await codebooks.get(connection, version)).ids()
        for version in {one.row["codebook"] for one in found}
    }
    return arrays(found, Told(book, [theme for theme, _ in themes], known), area)


class Told:
    """Tells codes made under an older version in the themes of this one."""

    def __init__(
        self, book: Codebook, themes: Sequence[str], known: dict[int, frozenset[str]]
    ) -> None:
        self.book = book
        self.themes = list(themes)
        self.known = known
        self.taught = {text for theme in book.themes for text in theme.examples}

    def said(self, themes: Sequence[str] | None, since: int) -> frozenset[str] | None:
        return None if themes is None else frozenset(carried(self.book, themes, since=since))

    def asked(self, since: int) -> frozenset[str]:
        """The themes that the people of version `since` could choose, as they are told today."""
        return self.said(sorted(self.known[since]), since) or frozenset()

    def today(self, row: Any) -> frozenset[str] | None:
        """What the machine says now; of a text that it was taught as an example, what it said then.

        It would read that one without a mistake, and seem better than it is.
        """
        when = "then" if row["redacted"] in self.taught else "now"
        return self.said(row[f"{when}_themes"], row[f"{when}_codebook"])

    def row(self, said: frozenset[str] | None) -> list[bool]:
        return [theme in (said or ()) for theme in self.themes]


def arrays(found: list[Coded], told: Told, area: dict[str, int]) -> Labelled:
    rows = [one.row for one in found]
    since = [row["codebook"] for row in rows]
    shape = len(rows), len(told.themes)

    def sets(labels: list[Label | None]) -> list[frozenset[str] | None]:
        both = zip(labels, since, strict=True)
        return [told.said(one.themes, version) if one else None for one, version in both]

    def flags(rows: list[frozenset[str] | None]) -> Flags:
        return np.array([told.row(one) for one in rows], dtype=np.bool_).reshape(shape)

    counts = sets([one.counts for one in found])
    return Labelled(
        **drawn(rows, area),
        settled=np.array([one.counts is not None for one in found], dtype=np.bool_),
        first=objects(sets([one.first for one in found])),
        second=objects(sets([one.second for one in found])),
        truth=flags(counts),
        told=flags(
            [
                None if one is None else told.asked(version)
                for one, version in zip(counts, since, strict=True)
            ]
        ),
        then=flags([told.said(row["then_themes"], row["then_codebook"]) for row in rows]),
        now=flags([told.today(row) for row in rows]),
        tone=numbers([TONES.get(one.counts.tone or "") if one.counts else None for one in found]),
        tone_then=numbers([tone_of(row["then_sentiment"]) for row in rows]),
        tone_now=numbers([tone_of(row["now_sentiment"]) for row in rows]),
        **apart(found, told),
    )


def apart(found: list[Coded], told: Told) -> dict[str, Any]:
    """What each of the two said as numbers, -1 where they could not tell."""

    def marks(label: Label, since: int) -> list[int]:
        said = told.said(label.themes, since)
        asked = told.asked(since)
        known = [said is not None and theme in asked for theme in told.themes]
        return [int(mark) if k else -1 for mark, k in zip(told.row(said), known, strict=True)]

    both = [((one.first, one.second), one.row["codebook"]) for one in found]
    n = len(found)
    return {
        "marks": np.array(
            [[marks(label, since) for label in pair] for pair, since in both], dtype=np.int64
        ).reshape(n, 2, len(told.themes)),
        "tones": np.array(
            [[place(TONE_ORDER, label.tone) for label in pair] for pair, _ in both], dtype=np.int64
        ).reshape(n, 2),
        "comment_types": np.array(
            [[place(TYPES, label.comment_type) for label in pair] for pair, _ in both],
            dtype=np.int64,
        ).reshape(n, 2),
    }


def place(order: Sequence[str], name: str | None) -> int:
    return order.index(name) if name in order else -1


def drawn(rows: list[Any], area: dict[str, int]) -> dict[str, Any]:
    """How each text came to be coded, and where it comes from.

    Coding goes by chance within strata, so those that are coded stand for those that are not yet.
    """
    return {
        "quarter": objects([row["quarter"] for row in rows]),
        "stream": np.array([row["stream"] for row in rows], dtype=np.str_),
        "area": np.array([area.get(row["area"], -1) for row in rows], dtype=np.int64),
        "language": np.array([row["language"] for row in rows], dtype=np.str_),
        "weight": numbers([row["drawn"] / row["coded"] / row["probability"] for row in rows]),
        "stratum": np.array([f"{row['quarter']} {row['stratum']}" for row in rows], dtype=np.str_),
        "survey_weight": numbers([1 / (row["survey_probability"] or 1.0) for row in rows]),
        "survey_stratum": np.array([row["survey_stratum"] or "" for row in rows], dtype=np.str_),
        "psu": np.array([row["psu"] or "" for row in rows], dtype=np.str_),
    }


def objects(values: Sequence[object]) -> Labels:
    """An array of things that numpy would take apart."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def numbers(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


def tone_of(sentiment: Any) -> float | None:
    return TONES.get(sentiment["label"]) if sentiment else None


async def judged(connection: Connection) -> tuple[Standing | None, list[Accuracy]]:
    """Whether themes may be shown, and how well each quarter was read, the newest first.

    None before a quarter has been coded.
    """
    book = await codebooks.newest(connection)
    found = await labelled(connection, book, named(book), {})
    told = await anyio.to_thread.run_sync(accuracy.accuracies, found)
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
    return await anyio.to_thread.run_sync(work)
