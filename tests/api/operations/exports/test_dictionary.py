"""The data dictionary names every column of an export, as a PDF and as DDI-Codebook."""

import csv
import io

import msgspec
import pypdfium2
import pytest
from lxml import etree

from api.operations.exports import WantedExport, stream_export, text_formats, typed_tables
from api.operations.exports.answer_tables import AnswerTables
from api.paper import render_dictionary_pdf
from survey.formats.dictionary import NAMESPACE, render_ddi
from survey.surveys.instruments.versions import HarmonisedVersions
from tests.api.operations.exports.test_answer_tables import AREAS, FIRST, SECOND
from tests.api.operations.exports.test_formats import PATROLS, db

__all__ = ["db"]  # a fixture
# What the schema of DDI-Codebook 2.5 asks for within each of these, in this order; its file may
# not be copied here.
IN_ORDER = {
    "codeBook": ("docDscr", "stdyDscr", "fileDscr", "dataDscr", "otherMat"),
    "stdyDscr": ("citation", "studyAuthorization", "stdyInfo", "method"),
    "citation": ("titlStmt", "rspStmt", "prodStmt", "distStmt", "serStmt", "verStmt"),
    "titlStmt": ("titl", "subTitl", "altTitl", "parTitl", "IDNo"),
    "stdyInfo": ("studyBudget", "subject", "abstract", "sumDscr"),
    "fileTxt": ("fileName", "fileCitation", "dataFingerprint", "fileCont", "fileStrc", "dimensns",
                "fileType"),
    "dimensns": ("caseQnty", "varQnty", "logRecL"),
    "var": ("location", "labl", "imputation", "security", "embargo", "respUnit", "anlysUnit",
            "qstn", "valrng", "invalrng", "undocCod", "universe", "TotlResp", "sumStat", "txt",
            "stdCatgry", "catgryGrp", "catgry", "codInstr", "verStmt", "concept", "derivation",
            "varFormat"),
    "catgry": ("catValu", "labl", "txt", "catStat"),
}  # fmt: skip


@pytest.fixture(scope="module")
def made():
    return typed_tables.build_dictionary(HarmonisedVersions([FIRST, SECOND]), AREAS, 2)


def named(element, name):
    return element.findall(f".//{{{NAMESPACE}}}{name}")


async def test_it_names_the_columns_of_an_export_in_their_order(db):
    wanted = WantedExport(slug=PATROLS.slug)
    content = b"".join([part async for part in stream_export(db, wanted)]).decode()
    found = await typed_tables.load_dictionary(db.the_connection, PATROLS.slug)
    heads = next(csv.reader(io.StringIO(content, newline="")))
    assert [one.name for one in found.tables[0].variables] == heads
    assert found.answers == 3
    assert text_formats.BATCH == 2


def test_answers_have_their_words_and_their_number_in_spss(made):
    variables = {one.name: one for table in made.tables for one in table.variables}
    assert variables["feeling"].values == {"good": "Fine", "bad": "Not good"}
    assert variables["feeling"].numbers == {"good": 1, "bad": 2}
    assert variables["area"].values == AREAS
    assert {"why", "name", "copy"}.isdisjoint(variables)
    tables = AnswerTables(HarmonisedVersions([FIRST, SECOND]), None)
    assert [one.name for one in made.tables] == tables.names


def test_ddi_has_what_the_standard_asks_for_in_its_order(made):
    root = etree.fromstring(render_ddi(made))
    for element in root.iter():
        name = etree.QName(element).localname
        if name in IN_ORDER:
            places = [IN_ORDER[name].index(etree.QName(one).localname) for one in element]
            assert places == sorted(places), name
    variables = {one.get("name"): one for one in named(root, "var")}
    (label, *_) = named(variables["feeling"], "labl")
    assert label.text == "How do you feel?"
    assert [one.text for one in named(variables["feeling"], "catValu")] == ["good", "bad"]
    assert variables["row"].get("intrvl") == "contin"
    files = {one.get("ID") for one in named(root, "fileDscr")}
    assert {one.get("files") for one in variables.values()} == files == {"F1", "F2"}
    every = [one.get("ID") for one in root.iter() if one.get("ID")]
    assert len(set(every)) == len(every)


def test_the_pdf_has_every_column_and_every_answer(made):
    body = render_dictionary_pdf(made)
    assert b"pdfuaid:part>1<" in body
    pages = pypdfium2.PdfDocument(body)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in pages)
    for table in made.tables:
        for one in table.variables:
            assert one.name in text
            assert all(words in text for words in one.values.values())
    assert "2 responses" in text


def test_it_is_valid_ddi_lifecycle_and_the_same_column_keeps_its_id(made):
    # Their import takes seconds, which every worker would spend when it collects the tests.
    from ddi_l import DDIFragment

    from survey.formats.dictionary import render_ddi_lifecycle

    content = render_ddi_lifecycle(made, "soundings.example.org")
    fragment = DDIFragment.from_xml(content)
    assert [*fragment.validate()] == []
    root = etree.fromstring(content)
    names = root.xpath("//*[local-name()='VariableName']/*[local-name()='String']/text()")
    assert names == [one.name for table in made.tables for one in table.variables]
    categories = root.xpath("//*[local-name()='Category']//*[local-name()='Content']/text()")
    assert {"Fine", "Not good"} <= {*categories}
    assert render_ddi_lifecycle(made, "soundings.example.org") == content
    later = msgspec.structs.replace(made, tables=made.tables[:1], title="Another <title>")
    ids = "//*[local-name()='Variable']/*[local-name()='ID']/text()"
    fewer = etree.fromstring(render_ddi_lifecycle(later, "soundings.example.org"))
    assert {*fewer.xpath(ids)} < {*root.xpath(ids)}
