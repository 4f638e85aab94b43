"""A data dictionary as DDI-Lifecycle 3.3, the XML by which archives describe a study over its life.

The package ddi-l builds it from tables, which we write: the study, a data set for each table, and a
variable for each column with its question, its type and its code list.
https://ddialliance.org/Specification/DDI-Lifecycle/3.3/
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from survey.formats.data_dictionary import DataDictionary, DictionaryTable, Variable
from survey.formats.ddi import NOT_IN_XML

Row = dict[str, str]
REPRESENTATIONS = {"text": "text", "whole": "numeric", "number": "numeric", "day": "datetime"}


def render_ddi_lifecycle(dictionary: DataDictionary, agency: str) -> bytes:
    """The dictionary as a DDI 3.3 fragment instance in UTF-8; `agency` names who publishes it."""
    from ddi_l.tables import load_tables  # slow to load

    with TemporaryDirectory(prefix="soundings-export-") as folder:
        for name, rows in lifecycle_tables(dictionary, agency).items():
            write_table(Path(folder, f"{name}.csv"), rows)
        made = load_tables(folder).to_fragment(version_date=f"{dictionary.made_on}T00:00:00Z")
        content: str = made.to_xml()
    return content.encode()


def lifecycle_tables(dictionary: DataDictionary, agency: str) -> dict[str, list[Row]]:
    """The tables from which the document is built, by the names that ddi-l has for them."""
    settings = {"agency": agency, "version": str(dictionary.versions[-1]), "language": "en"}
    slug, columns = dictionary.slug, [*every_column(dictionary)]
    coded = [(key, one) for key, _, one in columns if one.values]
    return {
        "settings": [{"setting": name, "value": value} for name, value in settings.items()],
        "studies": [study_row(dictionary)],
        "datasets": [dataset_row(dictionary, table) for table in dictionary.tables],
        "instruments": [{"id": slug, "name": slug, "study": slug}],
        "flow": [
            {"instrument": slug, "id": f"F_{key}", "type": "question", "question": f"Q_{key}"}
            for key, _, _ in columns
        ],
        "code_lists": [
            {"id": f"C_{key}", "name": one.name, "label@en": one.label} for key, one in coded
        ],
        "codes": [row for key, one in coded for row in code_rows(key, one)],
        "questions": [
            {"id": f"Q_{key}", "name": one.name, "label@en": one.label, "text@en": one.label}
            | representation(key, one, "response")
            for key, _, one in columns
        ],
        "variables": [
            {"id": f"V_{key}", "name": one.name, "label@en": one.label, "question": f"Q_{key}"}
            | {"dataset": dataset_id(dictionary, table)}
            | representation(key, one, "representation")
            for key, table, one in columns
        ],
    }


def study_row(dictionary: DataDictionary) -> Row:
    return {
        "id": dictionary.slug,
        "title@en": dictionary.title,
        "abstract@en": dictionary.summary or dictionary.title,
        "creator": dictionary.organisation,
        "publication_date": dictionary.made_on,
        "kind_of_data": "survey data",
    }


def every_column(dictionary: DataDictionary) -> Iterator[tuple[str, DictionaryTable, Variable]]:
    """Each column with its table, and a key that stays: the ids in the document follow from it."""
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
    """The answers that a column can have; a missing one says so."""
    for value, words in variable.values.items():
        missing = "true" if value in variable.missing else ""
        yield {"code_list": f"C_{key}", "value": value, "label@en": words, "missing": missing}


def representation(key: str, variable: Variable, column: str) -> Row:
    """What the values of a column are."""
    if variable.values:
        return {column: "code", "code_list": f"C_{key}"}
    row = {column: REPRESENTATIONS[variable.type]}
    if row[column] == "numeric":
        row["numeric_type"] = "Integer" if variable.type == "whole" else "Double"
    if row[column] == "datetime":
        row["date_type"] = "Date"
    return row


def write_table(file: Path, rows: list[Row]) -> None:
    """Write rows as CSV, without what XML cannot hold."""
    heads = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, heads, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: NOT_IN_XML.sub("\ufffd", text) for name, text in row.items()})
