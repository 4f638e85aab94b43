"""A data dictionary as DDI-Codebook 2.5, the XML by which data archives describe a file.

The study, a `fileDscr` for each table, and a `var` for each column with its words, its type and
its categories. https://ddialliance.org/Specification/DDI-Codebook/2.5/
"""

import re
from collections.abc import Iterator

from lxml import etree

from survey.formats.data_dictionary import DataDictionary, DictionaryTable, Variable

NAMESPACE = "ddi:codebook:2_5"
SCHEMA = "http://www.ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
NATURES = {"nominal": "nominal", "ordinal": "ordinal", "scale": "interval"}
FORMATS = {"text": "character", "day": "character", "whole": "numeric", "number": "numeric"}
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


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
    add_document(root, dictionary)
    add_study(root, dictionary)
    for place, table in enumerate(dictionary.tables, 1):
        add_file(root, table, f"F{place}")
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
    """A new last element of `parent`."""
    found = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text:
        found.text = NOT_IN_XML.sub("\ufffd", text)
    return found


def add_citation(parent: etree._Element, dictionary: DataDictionary, title: str) -> etree._Element:
    citation = add(parent, "citation")
    statement = add(citation, "titlStmt")
    add(statement, "titl", title)
    add(statement, "IDNo", dictionary.slug, agency="Soundings")
    return citation


def add_document(root: etree._Element, dictionary: DataDictionary) -> None:
    """Describe this document itself."""
    title = f"{dictionary.title}: data dictionary"
    citation = add_citation(add(root, "docDscr"), dictionary, title)
    add(add(citation, "prodStmt"), "prodDate", dictionary.made_on, date=dictionary.made_on)


def add_study(root: etree._Element, dictionary: DataDictionary) -> None:
    """Describe the survey."""
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


def add_file(root: etree._Element, table: DictionaryTable, ident: str) -> None:
    """Describe a table."""
    text = add(add(root, "fileDscr", ID=ident), "fileTxt")
    add(text, "fileName", f"{table.name}.csv")
    add(text, "fileCont", f"Each row is {table.row}.")
    dimensions = add(text, "dimensns")
    if table.rows is not None:
        add(dimensions, "caseQnty", str(table.rows))
    add(dimensions, "varQnty", str(len(table.variables)))
    add(text, "fileType", "CSV (RFC 4180) in UTF-8", charset="UTF-8")


def add_variable(data: etree._Element, variable: Variable, file: str, ident: str) -> None:
    """Describe a column, with each answer that it can have as a category."""
    numeric = FORMATS[variable.type] == "numeric"
    found = add(
        data,
        "var",
        ID=ident,
        name=variable.name,
        files=file,
        intrvl="contin" if variable.measure == "scale" else "discrete",
        nature=NATURES[variable.measure],
    )
    add(found, "labl", variable.label)
    add(add(found, "qstn"), "qstnLit", variable.label)
    for value, words in variable.values.items():
        category = add(found, "catgry", missing="Y" if value in variable.missing else "N")
        add(category, "catValu", value)
        add(category, "labl", words)
    shape = {"schema": "ISO", "formatname": "yyyy-mm-dd"} if variable.type == "day" else {}
    add(found, "varFormat", type="numeric" if numeric else "character", **shape)
