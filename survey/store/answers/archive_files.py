"""Parquet files of the archive: their rows, where they are, and the sums of what they hold.

A row is what an edition needs of the answers of people alike: never a text, a reference, a mark of
a request or an hour. DuckDB reads the files; the code that sums what it gives is the one that sums
rows of the database (`SumLayout`, `sum_cells`).
"""

import datetime
import hashlib
import io
import itertools
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from survey.store.answers.sums import SumLayouts
from survey.surveys.instruments import Instrument, Mode
from survey.surveys.sums import AnswerCell, AnswerCellKey, SumLayout, likert_answer, sum_cells

if TYPE_CHECKING:
    from asyncpg import Record
    from fsspec import AbstractFileSystem

ROWS_OF_A_FILE = 50_000
AT_ONCE = 10_000


class AnswerRow(NamedTuple):
    """A row of a file: what its people have in common, and what they answered.

    `answers` are those to the agreement questions of the version, in their order, 1 to 5, and 0
    for none.
    """

    instrument: str
    version: int
    mode: str
    area: str
    since: datetime.date
    stratum: str
    psu: str
    probability: float
    age: str
    sex: str
    ethnicity: str
    disability: str
    answers: tuple[int, ...]


COLUMNS = (*AnswerRow._fields, "persons")


class FileRecord(msgspec.Struct, frozen=True):
    """A file of a month, how many people's answers it holds, and its SHA-256."""

    name: str
    persons: int
    sha256: str


class FilePart(msgspec.Struct, frozen=True):
    """A file to sum: its place, its record, and the surveys whose answers it holds."""

    place: str
    file: FileRecord
    surveys: bytes


class DamagedFile(Exception):
    """A file of the archive is gone, or is not the one that was written."""


def answer_row(row: "Record", layout: SumLayout) -> AnswerRow:
    """A response as the archive holds it."""
    answers = row["answers"]
    age, sex, ethnicity, disability = layout.kind(answers)
    return AnswerRow(
        instrument=row["instrument"],
        version=row["version"],
        mode=row["mode"],
        area=row["area"],
        since=row["since"],
        stratum=row["stratum"] or "",
        psu=row["psu"] or "",
        probability=row["probability"] or 0.0,
        age=age,
        sex=sex,
        ethnicity=ethnicity,
        disability=disability,
        answers=tuple(likert_answer(answers.get(item)) or 0 for item in layout.items),
    )


def open_place(place: str) -> "tuple[AbstractFileSystem, str]":
    """The file system of a folder or an address such as `s3://bucket/answers`, and the path there.

    A new folder of this machine can be opened by its owner alone.
    """
    import fsspec

    system, root = fsspec.core.url_to_fs(place)
    if "file" in system.protocol:
        Path(root).mkdir(mode=0o700, parents=True, exist_ok=True)
    return system, root


def month_folder(month: datetime.date) -> str:
    """The folder of a month, as Hive names it."""
    return f"month={month:%Y-%m}"


def write_rows(
    place: str, month: datetime.date, first: int, rows: Counter[AnswerRow]
) -> list[FileRecord]:
    """Write rows of whole spans to files of a month, numbered from `first`; return the files."""
    system, root = open_place(place)
    folder = month_folder(month)
    system.makedirs(f"{root}/{folder}", exist_ok=True)
    records = []
    for number, batch in enumerate(files_of_rows(sorted(rows)), first):
        content = encode_parquet(batch, rows)
        name = f"{folder}/part-{number:05}.parquet"
        system.pipe_file(f"{root}/{name}", content)
        persons = sum(rows[row] for row in batch)
        records.append(FileRecord(name, persons, hashlib.sha256(content).hexdigest()))
    return records


def files_of_rows(rows: list[AnswerRow]) -> Iterator[list[AnswerRow]]:
    """Sorted rows in batches of about the size of a file; no cell is split between two batches."""
    batch: list[AnswerRow] = []
    for _, alike in itertools.groupby(rows, lambda row: row[:-1]):
        batch += alike
        if len(batch) >= ROWS_OF_A_FILE:
            yield batch
            batch = []
    if batch:
        yield batch


def encode_parquet(batch: list[AnswerRow], persons: Counter[AnswerRow]) -> bytes:
    from arro3.core import Array, DataType, Table, list_array
    from arro3.io import write_parquet

    *columns, answers = zip(*batch, strict=True)
    text, types = DataType.utf8(), {"version": DataType.int32(), "probability": DataType.float64()}
    arrays = [
        Array([*map(str, values)], text).cast(DataType.date32())
        if name == "since"
        else Array(values, types.get(name, text))
        for name, values in zip(AnswerRow._fields, columns, strict=False)
    ]
    ends = Array([*itertools.accumulate(map(len, answers), initial=0)], DataType.int32())
    given = Array([*itertools.chain.from_iterable(answers)], DataType.int8())
    counts = Array([persons[row] for row in batch], DataType.int64())
    table = Table.from_arrays([*arrays, list_array(ends, given), counts], names=COLUMNS)
    written = io.BytesIO()
    write_parquet(table, written, compression="zstd(3)")
    return written.getvalue()


def delete_folder(place: str, folder: str) -> None:
    """Delete the files of a month, if there are any."""
    system, root = open_place(place)
    if system.exists(f"{root}/{folder}"):
        system.rm(f"{root}/{folder}", recursive=True)


def load_folders(place: str) -> list[str]:
    """The month folders that exist, whether or not the database has a record of them."""
    system, root = open_place(place)
    system.invalidate_cache()
    if not system.exists(root):
        return []
    names = [path.rstrip("/").rpartition("/")[2] for path in system.ls(root, detail=False)]
    return sorted(name for name in names if name.startswith("month="))


def load_cells(part: FilePart) -> list[AnswerCell]:
    """The cells of a file; raises `DamagedFile` unless it is as it was written.

    It needs no database, so that any machine that sees the file can run it.
    """
    versions = msgspec.json.decode(part.surveys, type=list[Instrument])
    layouts = {(version.slug, version.version): SumLayout(version) for version in versions}
    system, root = open_place(part.place)
    try:
        content: bytes = system.cat_file(f"{root}/{part.file.name}")
    except FileNotFoundError:
        raise DamagedFile(f"{part.file.name} is missing.") from None
    if hashlib.sha256(content).hexdigest() != part.file.sha256:
        raise DamagedFile(f"{part.file.name} is not the file that was written.")
    return sum_cells(persons_of_rows(read_rows(content), layouts))


def read_rows(content: bytes) -> Iterator[tuple[object, ...]]:
    """The rows of a Parquet file in the order of `COLUMNS`, read by DuckDB."""
    import duckdb
    import fsspec

    # From memory: what was compared with its checksum is what is read, wherever the file is.
    memory = fsspec.filesystem("memory")
    path = f"/soundings-{uuid.uuid4().hex}.parquet"
    memory.pipe_file(path, content)
    try:
        with duckdb.connect(config={"threads": 1}) as reader:
            reader.register_filesystem(memory)
            result = reader.execute(
                f"SELECT {', '.join(COLUMNS)} FROM read_parquet('memory://{path}')"  # noqa: S608 - only our own words
            )
            while rows := result.fetchmany(AT_ONCE):
                yield from rows
    finally:
        memory.rm_file(path)


def persons_of_rows(
    rows: Iterable[tuple[object, ...]], layouts: SumLayouts
) -> Iterator[tuple[AnswerCellKey, tuple[int, ...]]]:
    """The cell of each person and what they add to its sums."""
    for values in rows:
        row, persons = AnswerRow(*values[:-1]), values[-1]  # type: ignore[arg-type]
        layout = layouts[row.instrument, row.version]
        given = {item: answer for item, answer in zip(layout.items, row.answers, strict=True)}
        added = layout.of(given)
        for _ in range(cast("int", persons)):
            yield cell_key(row), added


def cell_key(row: AnswerRow) -> AnswerCellKey:
    return AnswerCellKey(
        instrument=row.instrument,
        version=row.version,
        mode=cast("Mode", row.mode),
        area=row.area,
        since=row.since,
        stratum=row.stratum,
        psu=row.psu,
        probability=row.probability,
        kind=(row.age, row.sex, row.ethnicity, row.disability),
    )


def encode_surveys(versions: Iterable[Instrument]) -> bytes:
    """Versions of surveys in the form that a `FilePart` carries."""
    return msgspec.json.encode(list(versions))
