"""A sample from a file, its codes, and the letters and cards that carry them."""

import base64
import csv
import html
import io
import re

import openpyxl
import pypdfium2
import pytest

from api.paper.words import form_words
from survey.files import sheets
from survey.store.surveys import instruments
from survey.surveys.samples import HEADS, read_sample
from tests.api.pages.forms import token_on
from tests.people import JOAN

PAGE = "/work/surveys/taser-trial/limits"
STRATA = {"E09000012": "Hackney", "E09000022": "Lambeth"}
HEAD = ["Name", "Address", "Borough", "PSU", "Probability"]
ROWS = [
    ["Ann Other", "1 Long Street", "Hackney", "E05009368", "0.002"],
    ["=cmd()", "2 Short Street", "e09000022", "E05000416", "0,004"],
]


def as_csv(rows, separator=","):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
async def joan(db, signed_in):
    return await signed_in(JOAN)


async def upload(client, address, content=b"", name="sample.csv", **fields):
    fields = {"_csrf_token": await token_on(client, "/work")} | fields
    files = {"file": (name, content)}
    return await client.post(address, data=fields, files=files)


def rows_on(page):
    """The table that a page gives back, as the browser would send it."""
    field = re.search(r'<textarea [^>]*name="rows"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1]
    return html.unescape(field)


async def test_the_example_has_every_column_and_is_read(joan):
    assert f"{PAGE}/sample.csv" in (await joan.get(PAGE)).text
    example = await joan.get(f"{PAGE}/sample.csv")
    checked = await upload(joan, f"{PAGE}/sample", example.content)
    assert checked.status_code == 200, checked.text
    assert example.text.splitlines()[0] == ",".join(heads[0] for heads in HEADS.values())


async def make_codes(client, content, name="sample.csv"):
    checked = await upload(client, f"{PAGE}/sample", content, name)
    assert checked.status_code == 200, checked.text
    fields = {
        "_csrf_token": await token_on(client, "/work"),
        "rows": rows_on(checked.text),
        "format": name.rpartition(".")[2],
    }
    return await client.post(f"{PAGE}/sample/codes", data=fields)


def file_on(page):
    return base64.b64decode(re.search(r'href="data:[^;]+;base64,([^"]+)"', page)[1])


async def test_a_sample_is_checked_first_and_comes_back_with_codes_and_links(joan, db):
    checked = await upload(joan, f"{PAGE}/sample", as_csv([HEAD, *ROWS]))
    assert "Nothing is saved yet. 2 people in it" in checked.text
    assert "do not store them: Name, Address" in checked.text
    assert await db.the_connection.fetchval("SELECT count(*) FROM invitations") == 0
    page = (await make_codes(joan, as_csv([HEAD, *ROWS]))).text
    rows = list(csv.DictReader(io.StringIO(file_on(page).decode(), newline="")))
    assert [row["Name"] for row in rows] == ["Ann Other", "'=cmd()"]
    assert rows[0]["link"].endswith(f"/surveys/taser-trial#code={rows[0]['code']}")
    stored = await db.the_connection.fetch(
        "SELECT code_digest, stratum, psu, probability FROM invitations ORDER BY probability"
    )
    assert [tuple(row) for row in stored] == [
        (instruments.code_digest(rows[0]["code"]), "E09000012", "E05009368", 0.002),
        (instruments.code_digest(rows[1]["code"]), "E09000022", "E05000416", 0.004),
    ]


async def test_a_workbook_comes_back_as_a_workbook_without_formulas(joan):
    content = sheets.to_workbook([HEAD, *ROWS])
    page = (await make_codes(joan, content, "sample.xlsx")).text
    assert "Download as XLSX" in page
    sheet = openpyxl.load_workbook(io.BytesIO(file_on(page))).active
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == [*HEAD, "code", "link"]
    assert (rows[2][0].value, rows[2][0].data_type) == ("=cmd()", "s")


@pytest.mark.parametrize(
    ("rows", "where", "why"),
    [
        ([], "", "empty"),
        ([["Borough", "PSU"], ["Hackney", "u1"]], "Row 1", "no column “probability”"),
        ([HEAD, ["A", "B", "Paris", "u1", "0.1"]], "Row 2", "borough"),
        ([HEAD, ROWS[0], ["A", "B", "Hackney", "", "0.1"]], "Row 3", "Neighbourhood"),
        ([HEAD, ["A", "B", "Hackney", "u1", "2"]], "Row 2", "above 0 and up to 1"),
        ([HEAD, ["A", "B", "Hackney", "u1", "often"]], "Row 2", "above 0 and up to 1"),
        ([[*HEAD, "Code"], [*ROWS[0], "ABCD"]], "Row 1", "given codes before"),
        ([HEAD], "File", "0 people"),
        ([HEAD, *(ROWS[:1] * 2_001)], "File", "2,001 people"),
    ],
)
def test_each_wrong_row_is_named_with_what_is_wrong(rows, where, why):
    [fault, *_] = read_sample(rows, STRATA).faults
    assert fault.where == where
    assert why in fault.sentence


async def test_a_file_with_a_wrong_row_makes_no_code(joan, db):
    wrong = [HEAD, ROWS[0], ["A", "B", "Paris", "u1", "0.1"]]
    page = await upload(joan, f"{PAGE}/sample", as_csv(wrong))
    assert page.status_code == 422
    assert "Row 3" in page.text
    assert "“Paris” is not a borough" in page.text
    fields = {"_csrf_token": await token_on(joan, "/work"), "rows": as_csv(wrong).decode()}
    forced = await joan.post(f"{PAGE}/sample/codes", data=fields)
    assert forced.status_code == 422
    assert await db.the_connection.fetchval("SELECT count(*) FROM invitations") == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"\x00\x01\x02", b'a,"b'])
async def test_what_is_no_table_is_refused_at_its_field(joan, content):
    page = await upload(joan, f"{PAGE}/sample", content)
    assert page.status_code == 422
    assert 'href="#file"' in page.text or "This file cannot be used yet" in page.text


def test_tables_are_read_as_excel_writes_them():
    for separator in ",;\t":
        assert sheets.read_table("a.csv", as_csv([HEAD, *ROWS], separator))[1] == ROWS[0]
    assert sheets.read_table("a.csv", "é;b".encode("cp1252")) == [["é", "b"]]
    book = openpyxl.Workbook()
    book.active.append(["psu", 7.0, 0.25])
    written = io.BytesIO()
    book.save(written)
    assert sheets.read_table("a.xlsx", written.getvalue()) == [["psu", "7", "0.25"]]


def page_texts(content):
    pages = pypdfium2.PdfDocument(io.BytesIO(content))
    return [page.get_textpage().get_text_bounded() for page in pages]


async def test_each_letter_has_its_address_its_words_and_its_code(joan):
    page = (await make_codes(joan, as_csv([HEAD, *ROWS]))).text
    rows = list(csv.DictReader(io.StringIO(file_on(page).decode(), newline="")))
    words = {"words-en": "Dear neighbour\r\n\r\nPlease answer.", "words-ar": "مرحبا"}
    made = await upload(joan, f"{PAGE}/letters.pdf", file_on(page), **words, **{"as": "letters"})
    assert made.headers["content-type"] == "application/pdf", made.text
    texts = page_texts(made.content)
    assert len(texts) == 2
    for row, text in zip(rows, texts, strict=True):
        assert row["code"] in text.replace("\u00ad", "")
        assert row["Address"] in text
        assert "Please answer." in text
    assert "=cmd()" in texts[1]


async def test_cards_are_eight_a_page(joan):
    page = (await make_codes(joan, as_csv([HEAD, *(ROWS[:1] * 9)]))).text
    made = await upload(joan, f"{PAGE}/letters.pdf", file_on(page), **{"as": "cards"})
    texts = page_texts(made.content)
    codes = [row["code"] for row in csv.DictReader(io.StringIO(file_on(page).decode()))]
    assert [sum(code in text for code in codes) for text in texts] == [8, 1]
    assert "/c\r\n" in texts[0]
    # The survey is in ten languages, and a card has room for two.
    assert form_words("en")["once"] in texts[1].replace("\r\n", " ")
    assert form_words("pl")["once"] not in texts[1].replace("\r\n", " ")


async def test_a_file_without_codes_prints_nothing_and_keeps_the_words(joan):
    words = {"words-en": "Dear neighbour"}
    page = await upload(joan, f"{PAGE}/letters.pdf", as_csv([HEAD, *ROWS]), **words)
    assert page.status_code == 422
    assert 'href="#letters_file"' in page.text
    assert "Dear neighbour" in page.text


async def test_a_code_that_no_qr_code_can_hold_is_refused(joan):
    content = as_csv([["code", "Address"], ["A" * 5_000, "1 High Street"]])
    page = await upload(joan, f"{PAGE}/letters.pdf", content, **{"as": "cards"})
    assert page.status_code == 422
    assert "A code in it is too long" in page.text
