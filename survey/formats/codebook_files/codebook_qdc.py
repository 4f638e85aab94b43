"""A codebook as REFI-QDA Codebook 1.0 (.qdc), for NVivo, ATLAS.ti, MAXQDA and others.

Schema and meaning: https://www.qdasoftware.org/codebook-exchange/ (namespace
urn:QDA-XML:codebook:1.0). It holds names and descriptions, but no examples.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from survey.coding.codebooks import Codebook
from survey.files import bad_cells, unreadable_file
from survey.formats.codebook_files.shared import (
    MOST_FAULTS,
    CodebookFile,
    ThemeFromFile,
    check_file_size,
)
from survey.formats.tidying import printable_text
from survey.problems import Fault
from survey.surveys.instruments import wording_text

NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "Soundings"
THEME_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:soundings:theme")
DEEPEST = 20
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def theme_guid(theme: str) -> str:
    """The GUID of a theme: always the same, so that an import finds the theme again."""
    return str(uuid.uuid5(THEME_NAMESPACE, theme)).upper()


def to_qdc(book: Codebook) -> bytes:
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


def read(name: str, content: bytes, known: Iterable[str]) -> CodebookFile:
    """The themes in a file; `known` are the ids of existing themes, which it may refer to by GUID.

    A code below another becomes a theme called "parent: child"; a code that is not codable
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
        one for one in root.iter(qualified_tag("Code")) if one.get("isCodable") in ("false", "0")
    ]
    if folders:
        yield f"{len(folders)} of its codes only group other codes: they did not become themes."
    if sets := root.findall(f"{qualified_tag('Sets')}/{qualified_tag('Set')}"):
        yield f"Its sets ({len(sets)}) are not themes and were not read."
