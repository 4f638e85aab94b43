"""The dictionary of a survey's data: what each column means, words asked, answers and their codes.

Statisticians call this a codebook; here that word is for the themes of texts. It is written as a
file of SPSS or Stata, and as DDI Codebook and DDI Lifecycle.
"""

import csv
import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import msgspec
from lxml import etree

if TYPE_CHECKING:
    import pandas

VariableType = Literal["text", "whole", "number", "day"]
Measure = Literal["nominal", "ordinal", "scale"]
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")
LONGEST_NAMES = {"sav": 64, "dta": 32}
LONGEST_LABELS = {"sav": 250, "dta": 80}  # of questions, in bytes and characters
LONGEST_VALUE_LABEL = 120  # bytes in a .sav
DISPLAY = {"text": 16, "day": 12}
# The format of a day, the first one, and how many units each has.
DAYS = {
    "sav": ("DATE", datetime.date(1582, 10, 14), 86_400),
    "dta": ("%td", datetime.date(1960, 1, 1), 1),
}
NAMESPACE = "ddi:codebook:2_5"
SCHEMA = "http://www.ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
NATURES = {"nominal": "nominal", "ordinal": "ordinal", "scale": "interval"}
FORMATS = {"text": "character", "day": "character", "whole": "numeric", "number": "numeric"}
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
Row = dict[str, str]

REPRESENTATIONS = {"text": "text", "whole": "numeric", "number": "numeric", "day": "datetime"}


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its name, its wording, its type, and the words for each value that it can have.

    `missing` are the values that stand for no answer; `numbers` are the numbers that SPSS and Stata
    have in place of the values.
    """

    name: str
    label: str
    type: VariableType
    measure: Measure
    values: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    numbers: dict[str, int] = {}


class DictionaryTable(msgspec.Struct, frozen=True):
    """A table of a survey's answers: its name, what one row stands for, the number of rows if
    known, and its columns.
    """

    name: str
    row: str
    rows: int | None
    variables: tuple[Variable, ...]


class DataDictionary(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of a survey's answers, with what must be said of the survey itself."""

    slug: str
    title: str
    summary: str
    organisation: str
    versions: tuple[int, ...]
    answers: int
    made_on: str
    tables: tuple[DictionaryTable, ...]


def plain_names(names: Iterable[str], longest: int) -> list[str]:
    """Unique names that programs accept: letters, digits and underscores, with a letter first."""
    plain = (NOT_IN_NAMES.sub("_", name).lstrip("_0123456789") or "v" for name in names)
    return distinct_names(plain, longest=longest, reserved=RESERVED)


def distinct_names(
    names: Iterable[str], *, longest: int | None = None, reserved: Iterable[str] = ()
) -> list[str]:
    """The names made unique, even where capitals do not count: of several equal names the first is
    kept, and the others get a number.
    """
    given = [name[:longest] for name in names]
    taken = {name.casefold() for name in reserved}
    used = taken.union(name.casefold() for name in given)
    unique_names = []
    for name in given:
        if name.casefold() in taken:
            endings = (f"_{number}" for number in count(2))
            tried = (name[: longest and longest - len(ending)] + ending for ending in endings)
            name = next(
                numbered_name for numbered_name in tried if numbered_name.casefold() not in used
            )
            used.add(name.casefold())
        taken.add(name.casefold())
        unique_names.append(name)
    return unique_names


# Words of SPSS, and of Stata in capitals, that cannot name a variable.
RESERVED = frozenset(
    {"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR",
     "TO", "WITH", "BYTE", "DOUBLE", "FLOAT", "IF", "IN", "INT", "LONG", "STRL", "USING"}
)  # fmt: skip


def write_labelled_file(rows: str, made: str, variables: tuple[Variable, ...], title: str) -> None:
    """Write a Parquet file of rows as an SPSS or Stata file, depending on the ending of the name
    `made`.
    """
    import pyreadstat

    ending = made.rsplit(".", 1)[-1]
    # pyreadstat calls the words for the values of a column by its name and its place.
    names = plain_names(
        (variable.name for variable in variables),
        LONGEST_NAMES[ending] - (len(str(len(variables))) if ending == "dta" else 0),
    )
    by_name = dict(zip(names, variables, strict=True))
    frame = read_frame(rows, by_name, ending)
    days = [name for name, variable in by_name.items() if variable.type == "day"]
    formats = dict.fromkeys(days, DAYS[ending][0])
    title = short_text(title, 60)
    labels: list[str | None] = [
        short_text(variable.label, LONGEST_LABELS[ending]) for variable in variables
    ]
    values: dict[str, dict[int | float, str]] = {
        name: {
            int(value): short_text(words, LONGEST_VALUE_LABEL)
            for value, words in variable.values.items()
        }
        for name, variable in by_name.items()
        if variable.values and variable.type != "text"
    }
    if ending == "dta":
        pyreadstat.write_dta(frame, made, title, labels, 15, values, variable_format=formats)
        return
    pyreadstat.write_sav(
        frame,
        made,
        title,
        labels,
        row_compress=True,
        variable_value_labels=values,
        variable_format=formats,
        missing_ranges={
            name: [float(value) for value in variable.missing]
            for name, variable in by_name.items()
            if variable.missing
        },
        variable_measure={name: variable.measure for name, variable in by_name.items()},
        variable_display_width={
            name: DISPLAY.get(variable.type, 8) for name, variable in by_name.items()
        },
    )


def read_frame(rows: str, variables: Mapping[str, Variable], ending: str) -> "pandas.DataFrame":
    """The columns of a Parquet file, in the order of the variables and under their names."""
    import pandas
    from arro3.io import read_parquet

    types = {"text": "object", "whole": "Int64", "number": "float64", "day": "float64"}
    frame = {}
    columns = read_parquet(rows).read_all().columns
    for (name, variable), column in zip(variables.items(), columns, strict=True):
        cells = cells_for_program(variable.type, column.to_pylist(), ending)
        frame[name] = pandas.Series(cells, dtype=types[variable.type])
    return pandas.DataFrame(frame)


def cells_for_program(kind: VariableType, cells: Iterable[object], ending: str) -> list[object]:
    """The cells as pyreadstat takes them: it cannot see that a column without any day is one of
    days, and fails where a long text and no text are in one column of a Stata file.
    """
    if kind == "day":
        _, first, units = DAYS[ending]
        days = (day if isinstance(day, datetime.date) else None for day in cells)
        return [None if day is None else (day - first).days * units for day in days]
    return [cell or "" for cell in cells] if kind == "text" else [*cells]


def short_text(text: str, most: int) -> str:
    """The text, cut to at most `most` bytes in UTF-8, without half a character at its end."""
    return text.encode()[:most].decode(errors="ignore")


def render_ddi(dictionary: DataDictionary) -> bytes:
    """The dictionary as an XML document in UTF-8."""
    root = etree.Element(
        f"{{{NAMESPACE}}}codeBook",
        nsmap={None: NAMESPACE, "xsi": "http://www.w3.org/2001/XMLSchema-instance"},
        attrib={
            "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation": f"{NAMESPACE} {SCHEMA}",
            "version": "2.5",
        },
    )
    title = f"{dictionary.title}: data dictionary"
    citation = add_citation(add(root, "docDscr"), dictionary, title)
    add(add(citation, "prodStmt"), "prodDate", dictionary.made_on, date=dictionary.made_on)
    study = add(root, "stdyDscr")
    citation = add_citation(study, dictionary, dictionary.title)
    if dictionary.organisation:
        add(add(citation, "rspStmt"), "AuthEnty", dictionary.organisation)
    versions = ", ".join(map(str, dictionary.versions))
    add(add(citation, "verStmt"), "version", versions, date=dictionary.made_on)
    information = add(study, "stdyInfo")
    if dictionary.summary:
        add(information, "abstract", dictionary.summary)
    add(add(information, "sumDscr"), "dataKind", "survey data")
    for place, table in enumerate(dictionary.tables, 1):
        text = add(add(root, "fileDscr", ID=f"F{place}"), "fileTxt")
        add(text, "fileName", f"{table.name}.csv")
        add(text, "fileCont", f"Each row is {table.row}.")
        dimensions = add(text, "dimensns")
        if table.rows is not None:
            add(dimensions, "caseQnty", str(table.rows))
        add(dimensions, "varQnty", str(len(table.variables)))
        add(text, "fileType", "CSV (RFC 4180) in UTF-8", charset="UTF-8")
    data = add(root, "dataDscr")
    for file, place, variable in every_variable(dictionary):
        add_variable(data, variable, file, f"V{place}")
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return content


def every_variable(dictionary: DataDictionary) -> Iterator[tuple[str, int, Variable]]:
    """Each column with the id of its file and a number of its own."""
    number = 0
    for place, table in enumerate(dictionary.tables, 1):
        for variable in table.variables:
            number += 1
            yield f"F{place}", number, variable


def add(parent: etree._Element, name: str, text: str = "", /, **attributes: str) -> etree._Element:
    """Add an element at the end of `parent` and return it."""
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text:
        child.text = NOT_IN_XML.sub("\ufffd", text)
    return child


def add_citation(parent: etree._Element, dictionary: DataDictionary, title: str) -> etree._Element:
    citation = add(parent, "citation")
    statement = add(citation, "titlStmt")
    add(statement, "titl", title)
    add(statement, "IDNo", dictionary.slug, agency="Soundings")
    return citation


def add_variable(data: etree._Element, variable: Variable, file: str, ident: str) -> None:
    """Describe a column, with each answer that it can have as a category."""
    numeric = FORMATS[variable.type] == "numeric"
    var_element = add(
        data,
        "var",
        ID=ident,
        name=variable.name,
        files=file,
        intrvl="contin" if variable.measure == "scale" else "discrete",
        nature=NATURES[variable.measure],
    )
    add(var_element, "labl", variable.label)
    add(add(var_element, "qstn"), "qstnLit", variable.label)
    for value, words in variable.values.items():
        category = add(var_element, "catgry", missing="Y" if value in variable.missing else "N")
        add(category, "catValu", value)
        add(category, "labl", words)
    shape = {"schema": "ISO", "formatname": "yyyy-mm-dd"} if variable.type == "day" else {}
    add(var_element, "varFormat", type="numeric" if numeric else "character", **shape)


def render_ddi_lifecycle(dictionary: DataDictionary, agency: str) -> bytes:
    """The dictionary as a DDI 3.3 fragment instance in UTF-8; `agency` names who publishes it."""
    from ddi_l.tables import load_tables  # slow to load

    with TemporaryDirectory(prefix="soundings-export-") as folder:
        for name, rows in lifecycle_tables(dictionary, agency).items():
            file = Path(folder, f"{name}.csv")
            heads = list(dict.fromkeys(name for row in rows for name in row))
            with file.open("w", encoding="utf-8", newline="") as opened:
                writer = csv.DictWriter(opened, heads, restval="")
                writer.writeheader()
                for row in rows:
                    writer.writerow(
                        {name: NOT_IN_XML.sub("\ufffd", text) for name, text in row.items()}
                    )
        made = load_tables(folder).to_fragment(version_date=f"{dictionary.made_on}T00:00:00Z")
        content: str = made.to_xml()
    return content.encode()


def lifecycle_tables(dictionary: DataDictionary, agency: str) -> dict[str, list[Row]]:
    """The tables from which the document is built, by the names that ddi-l has for them."""
    settings = {"agency": agency, "version": str(dictionary.versions[-1]), "language": "en"}
    slug, columns = dictionary.slug, [*every_column(dictionary)]
    coded = [(key, variable) for key, _, variable in columns if variable.values]
    return {
        "settings": [{"setting": name, "value": value} for name, value in settings.items()],
        "studies": [
            {
                "id": dictionary.slug,
                "title@en": dictionary.title,
                "abstract@en": dictionary.summary or dictionary.title,
                "creator": dictionary.organisation,
                "publication_date": dictionary.made_on,
                "kind_of_data": "survey data",
            }
        ],
        "datasets": [dataset_row(dictionary, table) for table in dictionary.tables],
        "instruments": [{"id": slug, "name": slug, "study": slug}],
        "flow": [
            {"instrument": slug, "id": f"F_{key}", "type": "question", "question": f"Q_{key}"}
            for key, _, _ in columns
        ],
        "code_lists": [
            {"id": f"C_{key}", "name": variable.name, "label@en": variable.label}
            for key, variable in coded
        ],
        "codes": [row for key, variable in coded for row in code_rows(key, variable)],
        "questions": [
            {
                "id": f"Q_{key}",
                "name": variable.name,
                "label@en": variable.label,
                "text@en": variable.label,
            }
            | representation(key, variable, "response")
            for key, _, variable in columns
        ],
        "variables": [
            {
                "id": f"V_{key}",
                "name": variable.name,
                "label@en": variable.label,
                "question": f"Q_{key}",
            }
            | {"dataset": dataset_id(dictionary, table)}
            | representation(key, variable, "representation")
            for key, table, variable in columns
        ],
    }


def every_column(dictionary: DataDictionary) -> Iterator[tuple[str, DictionaryTable, Variable]]:
    """Each column with its table and a key that never changes: the ids in the document are made
    from it.
    """
    for table in dictionary.tables:
        for variable in table.variables:
            yield f"{dataset_id(dictionary, table)}/{variable.name}", table, variable


def dataset_id(dictionary: DataDictionary, table: DictionaryTable) -> str:
    return f"{dictionary.slug}/{table.name}"


def dataset_row(dictionary: DataDictionary, table: DictionaryTable) -> Row:
    described = f"Each row is {table.row}."
    return {
        "id": dataset_id(dictionary, table),
        "name": table.name,
        "label@en": described,
        "title@en": table.name,
        "file": f"{table.name}.csv",
        "study": dictionary.slug,
    }


def code_rows(key: str, variable: Variable) -> Iterator[Row]:
    """The answers that a column can have; values that stand for no answer are marked."""
    for value, words in variable.values.items():
        missing = "true" if value in variable.missing else ""
        yield {"code_list": f"C_{key}", "value": value, "label@en": words, "missing": missing}


def representation(key: str, variable: Variable, column: str) -> Row:
    """A row that says what the values of a column are."""
    if variable.values:
        return {column: "code", "code_list": f"C_{key}"}
    row = {column: REPRESENTATIONS[variable.type]}
    if row[column] == "numeric":
        row["numeric_type"] = "Integer" if variable.type == "whole" else "Double"
    if row[column] == "datetime":
        row["date_type"] = "Date"
    return row
