"""A codebook as REFI-QDA Codebook 1.0 (.qdc), for NVivo, ATLAS.ti, MAXQDA and their like.

Schema and meaning: https://www.qdasoftware.org/codebook-exchange/ (namespace
urn:QDA-XML:codebook:1.0). It has room for names and descriptions; examples do not fit in.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from survey.codebooks import Codebook
from survey.formats.codebooks import MOST_FAULTS, Offer, Offered, check_size
from survey.formats.tidying import tidy
from survey.instruments import said
from survey.problems import Fault, bad_cells, unreadable_file

SPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "Soundings"
THEMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:soundings:theme")
DEEPEST = 20
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def guid(theme: str) -> str:
    """The same for the same theme for ever, so that a file that comes back finds it."""
    return str(uuid.uuid5(THEMES, theme)).upper()


def written(book: Codebook) -> bytes:
    root = ElementTree.Element("CodeBook", {"xmlns": SPACE, "origin": ORIGIN})
    codes = ElementTree.SubElement(root, "Codes")
    for theme in book.themes:
        name = NOT_XML.sub("", said(theme.name))
        given = {"guid": guid(theme.id), "name": name, "isCodable": "true"}
        code = ElementTree.SubElement(codes, "Code", given)
        ElementTree.SubElement(code, "Description").text = NOT_XML.sub("", theme.description)
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def read(name: str, content: bytes, known: Iterable[str]) -> Offered:
    """What a file says; `known` are the ids of the themes whose guid it may hold.

    A code below another is a theme called "parent: child"; one that is no code (isCodable
    false) only lends its name.
    """
    check_size(name, content)
    root = parsed(name, content)
    if root.tag != f"{{{SPACE}}}CodeBook":
        seen = f"a file that begins with {root.tag[:80]!r}"
        raise unreadable_file(name, f"a REFI-QDA codebook ({SPACE})", seen)
    ids = {guid(theme): theme for theme in known}
    faults: list[Fault] = []
    offers = [
        offer for code in root.findall(f"{tag('Codes')}/{tag('Code')}")
        for offer in offered(code, ids, faults)
    ]  # fmt: skip
    if faults:
        raise bad_cells(name, tuple(faults[:MOST_FAULTS]), len(faults[MOST_FAULTS:]))
    if not offers:
        raise unreadable_file(name, "at least one code that can be used", "none")
    return Offered(tuple(offers), tuple(notes(root)))


def parsed(name: str, content: bytes) -> ElementTree.Element:
    """The root; entities can only be declared in a DOCTYPE, so none is taken."""
    wanted = "a REFI-QDA codebook (.qdc), XML in UTF-8"
    try:
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


def tag(name: str) -> str:
    return f"{{{SPACE}}}{name}"


def offered(
    code: ElementTree.Element, ids: dict[str, str], faults: list[Fault], above: tuple[str, ...] = ()
) -> Iterator[Offer]:
    """The themes of a code and of all below it; what is wrong is added to `faults`."""
    own = " ".join(tidy(code.get("name", "")).split())
    path = (*above, own)
    where = f"code {': '.join(path)[:160]!r}"
    codable = code.get("isCodable", "").strip() in ("true", "1")
    if not own:
        faults.append(Fault(where, "has no name"))
    elif len(path) > DEEPEST:
        faults.append(Fault(where, f"is nested more than {DEEPEST} codes deep"))
        return
    elif codable:
        yield Offer(
            where=where,
            id=ids.get(code.get("guid", "").strip().strip("{}").upper(), ""),
            name={"en": ": ".join(path)},
            description=tidy(code.findtext(tag("Description"), "")),
        )
    for below in code.findall(tag("Code")):
        yield from offered(below, ids, faults, path)


def notes(root: ElementTree.Element) -> Iterator[str]:
    folders = [one for one in root.iter(tag("Code")) if one.get("isCodable") in ("false", "0")]
    if folders:
        yield f"{len(folders)} of its codes only group other codes: they did not become themes."
    if sets := root.findall(f"{tag('Sets')}/{tag('Set')}"):
        yield f"Its sets ({len(sets)}) are not themes and were not read."
