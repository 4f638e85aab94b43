"""An instrument as an XForm, which phones load and which our own evaluator works on, and forms
that were filled in on a phone.

Pages ask for the borough by themselves and check every rule again; a phone knows only its form,
and whoever was interviewed has left when a rule is found broken. So the form has them all.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import cast

import msgspec
from lxml import etree
from lxml.etree import _Element as Node
from msgspec.structs import replace

from survey.formats.expressions import without_namespaces
from survey.formats.languages import language_heading
from survey.formats.xlsform import XlsformSheets, column_heads, to_sheets
from survey.places import Area
from survey.problems import Conflict, Fault, Malformed, NotFound
from survey.surveys import instruments
from survey.surveys.item_types import AnyPart, Borough, SelectOne, Wording
from survey.surveys.item_types.answers import Answers, Round
from survey.surveys.refusals import bad_instrument
from survey.surveys.responses import MOST_ROUNDS

unreadable_form = Malformed.of(
    "form.unreadable",
    "This form cannot be read: {why}.",
    "Nothing was saved. Get the blank form again, and fill it in again.",
)
unknown_form = NotFound.of(
    "form.unknown",
    "This address does not have the form that was filled in.",
    "Nothing was saved. Ask whoever gave you the code whether it is for this survey.",
)
unknown_file = NotFound.of("form.no_file", "There is no such form or file at this address.")
changed_form = Conflict.of(
    "form.changed",
    "An answer with this id was sent before, and it was a different one.",
    "The first one stays as it was. Fill in a new form, or correct the sent one in the app.",
)
corrected_before = Conflict.of(
    "form.corrected",
    "The answer that this corrects was erased, or corrected before.",
    "Nothing was changed.",
)
sampled_on_phones = Conflict.of(
    "form.sampled",
    "This survey is for people who were chosen at random, each with an access code.",
    "Phones cannot check the codes. Let people answer on our pages.",
)
codes_on_phones = Conflict.of(
    "form.codes",
    "Each person answers this survey once, with an access code of their own.",
    "Phones cannot check the codes. What is on the phone stays on it until the organiser ends this "
    "limit.",
)
MOST_XML_BYTES = 1_000_000
MOST_ATTRIBUTES = 100  # no program writes ten; to copy one, the library looks at all before it
LONGEST_ID = 200
FEWEST_CHARACTERS, FEWEST_DIFFERENT = 20, 8  # a UUID passes, a counter does not
# A form needs no document type, and one could have entities that grow or read files.
DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
EDITABLE = {"client_editable": "yes"}  # a collector may correct what was sent


def to_xform(instrument: instruments.Instrument, areas: Sequence[Area] = ()) -> bytes:
    """The instrument as an XForm; raises with pyxform's message if pyxform refuses it."""
    return sheets_to_xform(to_sheets(instrument, areas))


def sheets_to_xform(sheets: XlsformSheets) -> bytes:
    """The sheets of a spreadsheet as an XForm."""
    # Slow to load: a process that evaluates no conditions never needs it.
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    heads = {f"{name}_header": [dict.fromkeys(column_heads(rows))] for name, rows in sheets.items()}
    try:
        return str(convert(sheets | heads).xform).encode()
    except PyXFormError as wrong:
        raise bad_instrument((Fault("items", str(wrong)),)) from None


class FilledForm(msgspec.Struct, frozen=True):
    """A filled form without its namespaces; `earlier` is the id of the answer that it corrects."""

    form: str
    version: str
    instance: str
    earlier: str
    root: Node


def read_filled_form(body: bytes) -> FilledForm:
    """The form that a phone sent; raises and says what is wrong if it cannot be read.

    The work grows with the bytes only, but takes up to a second of a core: call it in a thread.
    """
    if len(body) > MOST_XML_BYTES:
        raise unreadable_form(f"it is larger than {MOST_XML_BYTES // 1_000_000} MB")
    if DOCTYPE.search(body):
        raise unreadable_form("it has a document type, which no form needs")
    parser = etree.XMLParser(
        # Whatever it says of itself: in another encoding the search above would find nothing.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise unreadable_form("it is not valid XML in UTF-8") from None
    if any(len(node.attrib) > MOST_ATTRIBUTES for node in root.iter()):
        raise unreadable_form(f"an element has more than {MOST_ATTRIBUTES} attributes")
    if root.get("encrypted") == "yes":
        raise unreadable_form("it is encrypted, and we have no key for it")
    plain = without_namespaces(root)
    instance = meta_text(plain, "instanceID")
    fits = FEWEST_CHARACTERS <= len(instance) <= LONGEST_ID
    if not fits or len(set(instance)) < FEWEST_DIFFERENT:
        raise unreadable_form("it has no instanceID, or one that could be guessed")
    return FilledForm(
        form=str(root.get("id") or "")[:LONGEST_ID],
        version=str(root.get("version") or "")[:LONGEST_ID],
        instance=instance,
        earlier=meta_text(plain, "deprecatedID"),
        root=plain,
    )


def meta_text(root: Node, name: str) -> str:
    return str(root.findtext(f"meta/{name}") or "").strip()


def answers_in(parts: Iterable[AnyPart], node: Node) -> Answers:
    """The answers below a node, by question name; a file answer is the file's name on the phone."""
    answers: Answers = {}
    children: dict[str, list[Node]] = {}
    for child in node:  # once, not for each question: a form may have 100,000 of them
        children.setdefault(str(child.tag), []).append(child)
    for part in parts:
        nodes = children.get(part.name, [])
        if isinstance(part, instruments.Repeat):
            # One more than may be stored, so that the answer is refused.
            some = islice(filter(is_round, nodes), MOST_ROUNDS + 1)
            rounds = [cast(Round, answers_in(part.items, round_node)) for round_node in some]
            answers |= {part.name: [*rounds]} if rounds else {}
        elif isinstance(part, instruments.Container):
            answers |= answers_in(part.items, nodes[0]) if nodes else {}
        else:
            answers |= question_answers(part, nodes[:1])
    return answers


def is_round(node: Node) -> bool:
    """Whether a node is an asked round of a repeat, and not the empty template of the form."""
    return node.get("template") is None


def question_answers(item: instruments.Item, nodes: list[Node]) -> Answers:
    """The answers to one question; a grid has an answer for each row."""
    if not item.is_asked:
        return {}
    within = nodes[0] if nodes and item.row_texts() else None
    answers: Answers = {}
    for name in item.answer_names():
        text = str(
            (within.findtext(name) if within is not None else nodes[0].text if nodes else None)
            or ""
        )
        if text.strip():
            answers[name] = item.answer_from_text(text)
        elif item.may_leave_empty_on_phones():
            answers[name] = instruments.DECLINED
    return answers


class PhoneWords(msgspec.Struct, frozen=True):
    """The words that only phones show: before the first question, and for the two questions (area,
    language) that our web pages ask by themselves.
    """

    about: Wording
    area: Wording
    language: Wording


class Picture(msgspec.Struct, frozen=True):
    """A picture shown with the first words, and its file name in the form."""

    name: str
    body: bytes


class OwnNames(msgspec.Struct, frozen=True):
    """The names of the questions that a phone's form adds to the survey's own; '' for a question
    that is not added.
    """

    about: str
    language: str
    area: str


def names_on_phones(instrument: instruments.Instrument) -> OwnNames:
    """The names of the added questions; a survey version always gets the same names."""
    taken = {*instruments.all_names(instrument)}

    def free(name: str) -> str:
        return next(
            candidate for n in range(10_000) if (candidate := f"{name}{n or ''}") not in taken
        )

    return OwnNames(
        about=free("about_this_survey"),
        language=free("language_of_answers")
        if len(instruments.languages_used(instrument)) > 1
        else "",
        area="" if instrument.home() else free("borough_of_answers"),
    )


def instrument_on_phones(
    instrument: instruments.Instrument, words: PhoneWords, own_names: dict[str, str]
) -> instruments.Instrument:
    """The survey as phones ask it; `own_names` has each language's own name for itself."""
    names, languages = names_on_phones(instrument), instruments.languages_used(instrument) or ["en"]
    items: list[AnyPart] = [
        instruments.Note(name=names.about, text=words_in(words.about, languages))
    ]
    if names.language:
        items.append(
            SelectOne(
                name=names.language,
                text=words_in(words.language, languages),
                options=tuple(
                    instruments.Option(code, dict.fromkeys(languages, own_names.get(code, code)))
                    for code in languages
                ),
                default=instrument.settings.get("default_language", languages[0]),
                required=True,
            )
        )
    if names.area:
        text = words_in(words.area, languages)
        items.append(Borough(name=names.area, text=text, required=True))
    parts = (cast(AnyPart, part.for_phones()) for part in instrument.items)
    return replace(instrument, items=(*items, *parts), settings=instrument.settings | EDITABLE)


def words_in(words: Wording, languages: Sequence[str]) -> Wording:
    """The words in each of these languages, in English where a translation is missing."""
    return {code: words.get(code) or words["en"] for code in languages}


def to_phone_form(
    instrument: instruments.Instrument,
    words: PhoneWords,
    own_names: dict[str, str],
    areas: Sequence[Area],
    picture: Picture | None = None,
) -> bytes:
    """The XForm that phones load."""
    asked = instrument_on_phones(instrument, words, own_names)
    sheets = to_sheets(asked, areas)
    if picture is not None:
        languages = instruments.languages_used(asked)
        heads = [f"::{language_heading(code)}" for code in languages] if languages[1:] else [""]
        sheets["survey"][0] |= {f"media::image{head}": picture.name for head in heads}
    return sheets_to_xform(sheets)
