"""Reads the exports of a survey's answers with the programs that they are for.

Each reader gives the tables of an export by name: the heads, and the cells of each row as
`plain_cell` writes them, coded answers in words where the file itself has their words.
"""

import csv
import datetime
import io
import json
import math
import re
import subprocess
import zipfile
from pathlib import Path

import polars
import pyreadstat
from openpyxl import load_workbook

# Ticks, and options that have a column each.
TRUTH = {"True": "1", "False": "0", "Chosen": "1", "Not chosen": "0"}


LIST_SIGN = " | "  # between the items of what is a list in the file


def plain_cell(cell):
    """A cell as text, '' if it is empty; numbers, days and ticks are the same in every format."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, list):
        return LIST_SIGN.join(cell)
    if isinstance(cell, datetime.date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return TRUTH.get(str(cell), str(cell))


def unzip(content):
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.testzip() is None
        return {Path(name).stem: parts.read(name) for name in parts.namelist()}


def read_csv(content, folder):
    found = {}
    for name, one in unzip(content).items():
        heads, *rows = csv.reader(io.StringIO(one.decode(), newline=""))
        cells = [[each.removeprefix("'") for each in row] for row in rows]  # guarded as formulas
        found[name] = heads, [[*map(plain_cell, row)] for row in cells]
    return found


def read_xlsx(content, folder):
    found = {}
    for sheet in load_workbook(io.BytesIO(content)):
        heads, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [*heads], [[*map(plain_cell, row)] for row in rows]
    return found


def read_json(content, folder):
    """Cells by their heads: empty ones are left out, so that heads are known from all rows."""

    # A name that comes twice in a row would hide the first.
    def row_of(pairs):
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    return json.loads(content, object_pairs_hook=row_of)


def read_parquet(content, folder):
    tables = {name: polars.read_parquet(io.BytesIO(one)) for name, one in unzip(content).items()}
    return {
        name: (table.columns, [[*map(plain_cell, row)] for row in table.rows()])
        for name, table in tables.items()
    }


def read_labelled(read, ending, content, folder, **how):
    found = {}
    for name, one in unzip(content).items():
        (folder / f"table.{ending}").write_bytes(one)
        table, about = read(folder / f"table.{ending}", output_format="dict", **how)
        words = [about.variable_value_labels.get(head, {}) for head in table]
        rows = zip(*table.values(), strict=True)
        found[name] = (
            [*table],
            [
                [plain_cell(known.get(cell, cell)) for known, cell in zip(words, row, strict=True)]
                for row in rows
            ],
        )
    return found


def read_sav(content, folder):
    return read_labelled(pyreadstat.read_sav, "sav", content, folder, user_missing=True)


def read_dta(content, folder):
    return read_labelled(pyreadstat.read_dta, "dta", content, folder)


FRAME = re.compile(r'^(\S+) <- read_table\("(.+)\.csv"\)$', re.MULTILINE)
# Each data frame as the script made it, factors by their words, and back into a file.
DUMP = """
source("answers.R", encoding = "UTF-8")
for (name in ls()) if (is.data.frame(get(name))) {
  table <- get(name)
  table[] <- lapply(table, function(x) if (is.numeric(x)) sprintf("%.15g", x) else as.character(x))
  table[table == "NA"] <- NA
  write.csv(table, paste0(name, ".dump"), row.names = FALSE, na = "", fileEncoding = "UTF-8")
}
"""


def read_r(content, folder):
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        parts.extractall(folder)
    (folder / "dump.R").write_text(DUMP)
    ended = subprocess.run(["Rscript", "dump.R"], cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found = {}
    for frame, name in FRAME.findall((folder / "answers.R").read_text()):
        text = (folder / f"{frame}.dump").read_text()
        heads, *rows = csv.reader(io.StringIO(text, newline=""))
        cells = [[each.removeprefix("'") for each in row] for row in rows]
        found[name] = heads, [[*map(plain_cell, row)] for row in cells]
    return found


READERS = {
    "csv": read_csv,
    "xlsx": read_xlsx,
    "json": read_json,
    "parquet": read_parquet,
    "sav": read_sav,
    "dta": read_dta,
    "r": read_r,
}
