"""Codebooks as files: written and read back, files of other programs, and hostile files."""

import re
from xml.etree import ElementTree

import msgspec
import pytest

from survey.formats import codebook_files
from survey.formats.codebook_files import MOST_BYTES, codebook_import
from survey.problems import Problem
from survey.themes.codebook_edits import apply_edit, next_draft
from survey.themes.codebooks import (
    Add,
    Codebook,
    Describe,
    Exclude,
    Exemplify,
    Merge,
    Pin,
    Rename,
    Seed,
    Theme,
)

PARKING = Theme(
    id="parking",
    name={"en": "Parking & fines", "ar": "وقوف السيارات"},
    description="Cars, fines,\nand wardens.",
    examples=('She said "never".', "=1+1 is what they charge", "two\nlines"),
    counterexamples=("'quoted from the start",),
    seeds=("ticket", "warden"),
    pinned=True,
)
NOISE = Theme(id="noise", name={"en": "Noise"}, description="<b>Loud</b>", examples=("so loud",))
BOOK = Codebook(version=3, themes=(PARKING, NOISE))
DRAFT = next_draft(BOOK)

# As other programs write it: a folder, a code below a code, braces around a guid, sets.
FOREIGN = """<?xml version="1.0" encoding="utf-8"?>
<CodeBook xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" origin="ATLAS.ti Win 23.4.0"
 xsi:schemaLocation="urn:QDA-XML:codebook:0:4 Codebook.xsd" xmlns="urn:QDA-XML:codebook:1.0">
  <Codes>
    <Code guid="1FF58B12-6F6F-4B0C-8BE5-BBDC91F55294" name="Streets" color="#4A0" isCodable="false">
      <Code guid="{2FF58B12-6F6F-4B0C-8BE5-BBDC91F55294}" name="Lights" isCodable="true">
        <Description>Dark corners</Description>
        <Code guid="3FF58B12-6F6F-4B0C-8BE5-BBDC91F55294" name="Broken" isCodable="1"/>
      </Code>
    </Code>
    <Code guid="4FF58B12-6F6F-4B0C-8BE5-BBDC91F55294" name="noise" isCodable="true"/>
  </Codes>
  <Sets><Set name="g" guid="ECA18D76-2B8B-4F26-BC1D-19ECA19FB3F0"/></Sets>
</CodeBook>"""


def csv_table(*rows):
    return (
        "\n".join(("id,name,description,seeds,examples,counterexamples,pinned", *rows))
    ).encode()


def from_csv(content, draft=DRAFT):
    return codebook_import(draft, codebook_files.read_csv("book.csv", content).offers, "book.csv")


def from_qdc(content, draft=DRAFT):
    read = codebook_files.read_qdc("book.qdc", content, draft.ids())
    return codebook_import(draft, read.offers, "book.qdc")


def refusal_text(read, content):
    with pytest.raises(Problem) as caught:
        read(content)
    return f"{caught.value.sentence} {caught.value.remedy} {caught.value.faults}"


@pytest.mark.parametrize("back", ["csv", "qdc"])
def test_a_codebook_that_comes_back_unchanged_makes_no_edit(back):
    if back == "csv":
        found = from_csv(codebook_files.to_csv(BOOK))
    else:
        found = from_qdc(codebook_files.to_qdc(BOOK))
    assert (found.edits, found.unnamed) == ((), ())
    assert found.draft == DRAFT


def test_a_table_carries_a_whole_theme_to_an_empty_place():
    other = next_draft(Codebook(version=1, themes=(msgspec.structs.replace(NOISE, id="sound"),)))
    found = from_csv(codebook_files.to_csv(BOOK), other).draft.get("parking")
    line = "two lines"
    whole = msgspec.structs.replace(PARKING, examples=(*PARKING.examples[:2], line))
    assert found == whole


def test_no_cell_of_a_table_begins_as_a_formula():
    seen = Theme(id="x1", name={"en": "=cmd()"}, description="@x", examples=("-1", "+2"))
    content = codebook_files.to_csv(Codebook(version=1, themes=(seen,)))
    assert b"\r\nx1,'=cmd(),'@x,,\"'-1\n+2\",,no\r\n" in content
    assert from_csv(content).draft.get("x1") == seen


def test_a_table_changes_what_it_says_and_leaves_the_rest():
    row = 'parking,Parking,,"clamp\nticket",They towed it,two lines,no'
    found = from_csv(csv_table(row))
    assert found.edits == (
        Rename(theme="parking", name={"en": "Parking"}),
        Seed(theme="parking", words=("ticket", "warden", "clamp", "ticket")),
        Exemplify(theme="parking", text="They towed it"),
        Exclude(theme="parking", text="two lines"),
        Pin(theme="parking", pinned=False),
    )
    assert found.draft.get("parking").description == PARKING.description
    assert found.draft.get("parking").seeds == ("ticket", "warden", "clamp")
    assert found.unnamed == ("noise",)


def test_a_theme_is_found_by_its_name_and_a_new_one_gets_an_id():
    rows = csv_table(",NOISE,Din,,,,", ",Night-time patrols,,,,,").replace(b",", b";")
    found = from_csv(b"\xef\xbb\xbf" + rows)
    assert [type(edit) for edit in found.edits] == [Rename, Describe, Add]
    new = found.draft.get("night-time-patrols")
    assert new.description == "Night-time patrols"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"id,title\nx,y\n", "id, title"),
        (b"id,name,name\n", "each once"),
        (b"id,name\n\xff,x\n", "0xff in line 2"),
        (csv_table("parking,Parking,,,,,", "noise,Noise"), "row 3: has 2 cells"),
        (csv_table(",,nothing,,,,"), "row 2: has neither an id nor a name"),
        (csv_table("noise,,,,,,perhaps"), "row 2: pinned is yes or no, not 'perhaps'"),
        (csv_table('noise,"No'), "row 2: the quotes are broken"),
        (csv_table("noise,,,,,,", ",Noise,,,,,"), "row 3: 'Noise' is in this file twice"),
        (csv_table("Bad Id,Bins,,,,,"), "row 2: 'Bad Id' cannot be the id"),
        (csv_table(f"noise,,,,{'x' * 1001},,"), "row 2: The example is empty, or longer"),
        (csv_table(f",Bins,,{'x' * 61},,,"), "row 2: A theme can have 50 seed words"),
        (b"x" * (MOST_BYTES + 1), "larger than 1 MB"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_row(content, words):
    assert words in refusal_text(from_csv, content)


def test_a_theme_that_has_gone_does_not_come_back_under_its_old_id():
    merged = apply_edit(DRAFT, Merge(theme="noise", into="parking"))
    with pytest.raises(Problem, match=r"row 2: The id 'noise' was used before"):
        from_csv(csv_table("noise,Noise again,,,,,"), merged)


def test_a_column_of_another_kind_is_told():
    read = codebook_files.read_csv("x.csv", b"name,colour\nBins,red\n")
    assert read.notes == ("The column 'colour' is not known here and was not read.",)


def test_a_codebook_of_another_program_is_flattened():
    read = codebook_files.read_qdc("theirs.qdc", FOREIGN.encode(), ())
    assert [(one.name["en"], one.description) for one in read.offers] == [
        ("Streets: Lights", "Dark corners"),
        ("Streets: Lights: Broken", ""),
        ("noise", ""),
    ]
    assert len(read.notes) == 2
    found = from_qdc(FOREIGN.encode("utf-16"))
    assert [type(edit) for edit in found.edits] == [Add, Add, Rename]
    assert found.unnamed == ("parking",)


def test_what_is_written_keeps_to_the_schema():
    """As the schema has it: Codes before Sets, Description first, guid, name and isCodable."""
    root = ElementTree.fromstring(codebook_files.to_qdc(BOOK))
    assert root.tag == "{urn:QDA-XML:codebook:1.0}CodeBook"
    assert [one.tag.split("}")[1] for one in root] == ["Codes"]
    for code, theme in zip(root[0], BOOK.themes, strict=True):
        assert list(code.attrib) == ["guid", "name", "isCodable"]
        assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", code.get("guid"))
        assert [one.tag.split("}")[1] for one in code] == ["Description"]
        assert code[0].text == theme.description


def test_a_renamed_code_is_known_by_its_guid():
    content = codebook_files.to_qdc(BOOK).replace(b'name="Noise"', b'name="Din"')
    assert from_qdc(content).edits == (Rename(theme="noise", name={"en": "Din"}),)
    assert codebook_files.theme_guid("noise") == "49975826-31FC-5930-B45D-DFEA58183189"


BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
START = '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>'
END = "</Codes></CodeBook>"
LONG = "x" * 121


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{BOMB}{START}<Code name="&b;" isCodable="true"/>{END}', "DOCTYPE"),
        (f'{OUTSIDE}{START}<Code name="&a;" isCodable="true"/>{END}', "DOCTYPE"),
        (f'{START}<Code name="&b;"/>{END}', "row 1: is not well-formed XML"),
        (f"{START}\n<Code name=", "row 2: is not well-formed XML"),
        ("<CodeBook/>", "a file that begins with 'CodeBook'"),
        (f"{START}{END}", "at least one code"),
        (f'{START}<Code name=" " isCodable="true"/>{END}', "has no name"),
        (START + '<Code name="a">' * 21 + "</Code>" * 21 + END, "is nested more than 20"),
        (f'{START}<Code name="{LONG}" isCodable="true"/>{END}', "up to 120 characters"),
        (f"{START}{' ' * MOST_BYTES}{END}", "larger than 1 MB"),
    ],
)
def test_a_codebook_that_cannot_be_used_is_refused(text, words):
    assert words in refusal_text(from_qdc, text.encode())


def test_a_hostile_encoding_is_no_way_around():
    content = f"{BOMB}{START}{END}"
    assert "DOCTYPE" in refusal_text(from_qdc, content.encode("utf-16"))
    declared = f'<?xml version="1.0" encoding="utf-7"?>{START}{END}'
    assert "at least one code" in refusal_text(from_qdc, declared.encode())
    assert "not UTF-8" in refusal_text(from_qdc, b"\xfe" + content.encode())
