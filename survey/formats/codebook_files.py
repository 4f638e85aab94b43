"""Codebooks as files, CSV and QDC of REFI-QDA: the themes in one, and the edits that they make to a
draft.
"""

import csv
import io
import re
import uuid
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

import msgspec

from survey.files.delimited import write_csv
from survey.files.refusals import bad_cells, too_large_file, unguard_cell, unreadable_file
from survey.formats.foreign import printable_text
from survey.problems import Fault, Problem
from survey.surveys.instruments import Wording, wording_text
from survey.themes import codebook_edits, codebooks
from survey.themes.refusals import repeated_theme

MOST_BYTES = 1_000_000
MOST_FAULTS = 20
COLUMNS = ("id", "name", "description", "seeds", "examples", "counterexamples", "pinned")
OTHER_NAME = "name_"  # and a language code: name_ar
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "Soundings"
THEME_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:soundings:theme")
DEEPEST = 20
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ThemeFromFile(msgspec.Struct, frozen=True, kw_only=True):
    """One theme in a file, and its place there; fields that the file lacks are empty or None."""

    where: str
    name: Wording
    id: str = ""
    description: str = ""
    seeds: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    pinned: bool | None = None


class CodebookFile(msgspec.Struct, frozen=True):
    """The themes of a file; `notes` say which parts of it were not read."""

    offers: tuple[ThemeFromFile, ...]
    notes: tuple[str, ...] = ()


class CodebookImport(msgspec.Struct, frozen=True):
    """A draft after an import, the edits made, and the ids of themes not in the file."""

    draft: codebooks.Codebook
    edits: tuple[codebooks.AnyEdit, ...]
    unnamed: tuple[str, ...]


def codebook_import(
    draft: codebooks.Codebook, offers: tuple[ThemeFromFile, ...], file: str
) -> CodebookImport:
    """The draft with everything that the file adds or changes; nothing is ever removed.

    All or nothing: raises with every row that cannot be used.
    """
    grown, named, faults = draft, set[str](), list[Fault]()
    for offer in offers:
        try:
            theme = find_theme(draft, offer)
            if theme and theme.id in named:
                raise repeated_theme(wording_text(theme.name))
            before = len(grown.themes)
            for edit in theme_edits(grown, theme, offer):
                grown = codebook_edits.apply_edit(grown, edit)
            named.add(theme.id if theme else grown.themes[before].id)
        except Problem as refused:
            faults.append(Fault(offer.where, refused.sentence.removesuffix(".")))
    if faults:
        raise bad_cells(file, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    edits = grown.edits[len(draft.edits) :]
    return CodebookImport(
        grown, edits, tuple(theme.id for theme in draft.themes if theme.id not in named)
    )


def find_theme(draft: codebooks.Codebook, offer: ThemeFromFile) -> codebooks.Theme | None:
    """The existing theme that is meant: by its id, else by its English name."""
    name = codebook_edits.folded_text(wording_text(offer.name))
    for theme in draft.themes:
        same_name = bool(name) and codebook_edits.folded_text(wording_text(theme.name)) == name
        # An id that the draft has outweighs the name: the theme may have been renamed in the file.
        if theme.id == offer.id or (same_name and offer.id not in draft.ids()):
            return theme
    return None


def theme_edits(
    draft: codebooks.Codebook, theme: codebooks.Theme | None, offer: ThemeFromFile
) -> Iterator[codebooks.AnyEdit]:
    if theme is None:
        yield codebooks.Add(theme=new_theme(draft, offer))
        return
    if new := {code: name for code, name in offer.name.items() if theme.name.get(code) != name}:
        yield codebooks.Rename(theme=theme.id, name=new)
    if offer.description and codebook_edits.folded_text(
        offer.description
    ) != codebook_edits.folded_text(theme.description):
        yield codebooks.Describe(theme=theme.id, description=offer.description)
    # A file adds words and never takes any away: it may be older than the draft.
    if set(offer.seeds) - set(theme.seeds):
        yield codebooks.Seed(theme=theme.id, words=(*theme.seeds, *offer.seeds))
    for text in missing_texts(offer.examples, theme.examples):
        yield codebooks.Exemplify(theme=theme.id, text=text)
    for text in missing_texts(offer.counterexamples, theme.counterexamples):
        yield codebooks.Exclude(theme=theme.id, text=text)
    if offer.pinned is not None and offer.pinned != theme.pinned:
        yield codebooks.Pin(theme=theme.id, pinned=offer.pinned)


def new_theme(draft: codebooks.Codebook, offer: ThemeFromFile) -> codebooks.Theme:
    """A new theme for the draft; if the file has no description of it, its name is used as one."""
    for text in (*offer.examples, *offer.counterexamples):
        codebook_edits.check_theme_text(text, "example")
    return codebooks.Theme(
        id=offer.id or codebook_edits.free_theme_id(draft, wording_text(offer.name)),
        name=codebook_edits.check_theme_name(offer.name),
        description=offer.description or wording_text(offer.name),
        examples=offer.examples,
        counterexamples=offer.counterexamples,
        seeds=codebook_edits.parse_seeds(offer.seeds),
        pinned=bool(offer.pinned),
    )


def missing_texts(offered: tuple[str, ...], have: tuple[str, ...]) -> list[str]:
    """The offered texts that a theme does not have yet; differences in case and white space do not
    count.
    """
    known = {codebook_edits.folded_text(text) for text in have}
    return [
        text for text in dict.fromkeys(offered) if codebook_edits.folded_text(text) not in known
    ]


def check_file_size(file: str, content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise too_large_file(file, MOST_BYTES)


def to_csv(book: codebooks.Codebook) -> bytes:
    """The codebook as CSV in UTF-8 with a byte order mark; a cell has one text per line."""
    others = sorted({code for theme in book.themes for code in theme.name} - {"en"})
    head = (*COLUMNS, *(OTHER_NAME + code for code in others))
    rows = [
        (
            *(
                theme.id,
                theme.name.get("en", ""),
                theme.description,
                cell_lines(theme.seeds),
                cell_lines(theme.examples),
                cell_lines(theme.counterexamples),
                "yes" if theme.pinned else "no",
            ),
            *(theme.name.get(code, "") for code in others),
        )
        for theme in book.themes
    ]
    # Without the mark, Excel reads a CSV in the old code page of its country.
    return write_csv([head, *rows], byte_order_mark=True)


def cell_lines(texts: tuple[str, ...]) -> str:
    return "\n".join(" ".join(text.split()) for text in texts)


def read_csv(name: str, content: bytes) -> CodebookFile:
    """The themes in a table; the only required column is `name`."""
    check_file_size(name, content)
    rows = csv_table(name, content)
    if not rows:
        raise unreadable_file(name, "a header and a row for each theme", "an empty file")
    header = [cell.strip().casefold() for cell in rows[0]]
    if "name" not in header or len(set(header)) < len(header):
        seen = ", ".join(header)[:160]
        raise unreadable_file(name, f"the columns {', '.join(COLUMNS)}, each once", repr(seen))
    unread = [
        column for column in header if column not in COLUMNS and not column.startswith(OTHER_NAME)
    ]
    notes = tuple(
        f"The column {column[:60]!r} is not known here and was not read." for column in unread
    )
    offers, faults = [], []
    for number, row in enumerate(rows[1:], start=2):
        where = f"row {number}"
        if not any(cell.strip() for cell in row):
            continue
        try:
            offers.append(theme_from_row(where, header, row))
        except ValueError as wrong:
            faults.append(Fault(where, str(wrong)))
    if faults:
        raise bad_cells(name, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    return CodebookFile(tuple(offers), notes)


def csv_table(name: str, content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        seen = f"the byte 0x{content[error.start]:02x} in line {row}"
        wanted = "text in UTF-8 (in Excel: Save as, CSV UTF-8)"
        raise unreadable_file(name, wanted, seen) from error
    sign = max(",;\t", key=text.split("\n", 1)[0].count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    rows: list[list[str]] = []
    try:
        # The rows before a fault stay in the list, and so number it.
        rows.extend(table)
    except csv.Error as error:
        fault = Fault(f"row {len(rows) + 1}", f"the quotes are broken ({error})")
        raise bad_cells(name, (fault,)) from error
    return rows


def theme_from_row(where: str, header: list[str], row: list[str]) -> ThemeFromFile:
    """The theme in a row; raises ValueError with what is wrong."""
    if len(row) != len(header):
        raise ValueError(f"has {len(row)} cells where the header has {len(header)}")
    # The apostrophe that keeps a spreadsheet from running a cell is ours, not the author's.
    cell = {
        column: printable_text(unguard_cell(text)) for column, text in zip(header, row, strict=True)
    }
    name: Wording = dict(theme_names(cell))
    if not cell.get("id") and "en" not in name:
        raise ValueError("has neither an id nor a name")
    return ThemeFromFile(
        where=where,
        id=cell.get("id", ""),
        name=name,
        description=cell.get("description", ""),
        seeds=cell_texts(cell.get("seeds", "")),
        examples=cell_texts(cell.get("examples", "")),
        counterexamples=cell_texts(cell.get("counterexamples", "")),
        pinned=parse_yes_or_no(cell.get("pinned", "")),
    )


def theme_names(cell: dict[str, str]) -> Iterator[tuple[str, str]]:
    for column, text in cell.items():
        if text and (column == "name" or column.startswith(OTHER_NAME)):
            yield column.removeprefix("name").removeprefix("_") or "en", text


def cell_texts(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for line in cell.split("\n") if (text := line.strip())))


def parse_yes_or_no(cell: str) -> bool | None:
    word = cell.casefold()
    if word and word not in YES + NO:
        raise ValueError(f"pinned is yes or no, not {cell[:40]!r}")
    return word in YES if word else None


def theme_guid(theme: str) -> str:
    """The GUID of a theme: always the same, so that an import finds the theme again."""
    return str(uuid.uuid5(THEME_NAMESPACE, theme)).upper()


def to_qdc(book: codebooks.Codebook) -> bytes:
    root = ElementTree.Element("CodeBook", {"xmlns": NAMESPACE, "origin": ORIGIN})
    codes = ElementTree.SubElement(root, "Codes")
    for theme in book.themes:
        name = NOT_XML.sub("", wording_text(theme.name))
        given = {"guid": theme_guid(theme.id), "name": name, "isCodable": "true"}
        code = ElementTree.SubElement(codes, "Code", given)
        ElementTree.SubElement(code, "Description").text = NOT_XML.sub("", theme.description)
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def read_qdc(name: str, content: bytes, known: Iterable[str]) -> CodebookFile:
    """The themes in a file; `known` are the ids of existing themes, which the file may refer to by
    GUID.

    A code below another code becomes a theme called "parent: child"; a code that is not codable
    (isCodable false) only contributes its name.
    """
    check_file_size(name, content)
    root = parse_xml(name, content)
    if root.tag != f"{{{NAMESPACE}}}CodeBook":
        seen = f"a file that begins with {root.tag[:80]!r}"
        raise unreadable_file(name, f"a REFI-QDA codebook ({NAMESPACE})", seen)
    ids = {theme_guid(theme): theme for theme in known}
    faults: list[Fault] = []
    offers = [
        offer for code in root.findall(f"{qualified_tag('Codes')}/{qualified_tag('Code')}")
        for offer in themes_from_code(code, ids, faults)
    ]  # fmt: skip
    if faults:
        raise bad_cells(name, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    if not offers:
        raise unreadable_file(name, "at least one code that can be used", "none")
    return CodebookFile(tuple(offers), tuple(unread_notes(root)))


def parse_xml(name: str, content: bytes) -> ElementTree.Element:
    """The root element; raises on a DOCTYPE, which alone could declare entities."""
    wanted = "a REFI-QDA codebook (.qdc), XML in UTF-8"
    try:
        # Decoded here, so that no encoding can hide a DOCTYPE from the search below.
        utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable_file(name, wanted, "bytes that are not UTF-8") from error
    if "<!DOCTYPE" in text:
        raise unreadable_file(name, wanted, "a document type (DOCTYPE), which is never accepted")
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - without a DOCTYPE there are no entities
    except ElementTree.ParseError as error:
        row, column = error.position
        fault = Fault(f"row {row}", f"is not well-formed XML at character {column + 1}")
        raise bad_cells(name, (fault,)) from error


def qualified_tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def themes_from_code(
    code: ElementTree.Element, ids: dict[str, str], faults: list[Fault], above: tuple[str, ...] = ()
) -> Iterator[ThemeFromFile]:
    """The themes of a code and of all codes below it; faults are appended to `faults`."""
    own = " ".join(printable_text(code.get("name", "")).split())
    path = (*above, own)
    where = f"code {': '.join(path)[:160]!r}"
    codable = code.get("isCodable", "").strip() in ("true", "1")
    if not own:
        faults.append(Fault(where, "has no name"))
    # Each level is a call on the stack, and the file comes from a stranger.
    elif len(path) > DEEPEST:
        faults.append(Fault(where, f"is nested more than {DEEPEST} codes deep"))
        return
    elif codable:
        yield ThemeFromFile(
            where=where,
            # REFI-QDA allows small letters and braces in a GUID.
            id=ids.get(code.get("guid", "").strip().strip("{}").upper(), ""),
            name={"en": ": ".join(path)},
            description=printable_text(code.findtext(qualified_tag("Description"), "")),
        )
    for below in code.findall(qualified_tag("Code")):
        yield from themes_from_code(below, ids, faults, path)


def unread_notes(root: ElementTree.Element) -> Iterator[str]:
    folders = [
        code for code in root.iter(qualified_tag("Code")) if code.get("isCodable") in ("false", "0")
    ]
    if folders:
        yield f"{len(folders)} of its codes only group other codes: they did not become themes."
    if sets := root.findall(f"{qualified_tag('Sets')}/{qualified_tag('Set')}"):
        yield f"Its sets ({len(sets)}) are not themes and were not read."
