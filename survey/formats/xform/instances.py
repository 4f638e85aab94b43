"""A form that was filled in on a phone: who it is, and its answers."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import cast

import msgspec
from lxml import etree
from lxml.etree import _Element as Node

from survey.formats.expressions.trees import without_namespaces
from survey.formats.xform.refusals import unreadable_form
from survey.surveys.instruments import DECLINED, Container, Item, Repeat
from survey.surveys.item_types import AnyPart
from survey.surveys.item_types.answers import Answers, Round
from survey.surveys.responses import MOST_ROUNDS

MOST_XML_BYTES = 1_000_000
MOST_ATTRIBUTES = 100  # no program writes ten; to copy one, the library looks at all before it
LONGEST_ID = 200
FEWEST_CHARACTERS, FEWEST_DIFFERENT = 20, 8  # a UUID passes, a counter does not
# A form needs no document type, and one could have entities that grow or read files.
DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


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
    if is_weak(instance):
        raise unreadable_form("it has no instanceID, or one that could be guessed")
    return FilledForm(
        form=str(root.get("id") or "")[:LONGEST_ID],
        version=str(root.get("version") or "")[:LONGEST_ID],
        instance=instance,
        earlier=meta_text(plain, "deprecatedID"),
        root=plain,
    )


def is_weak(instance: str) -> bool:
    """Whether an id could be guessed: whoever knows it can correct the answer."""
    fits = FEWEST_CHARACTERS <= len(instance) <= LONGEST_ID
    return not fits or len(set(instance)) < FEWEST_DIFFERENT


def meta_text(root: Node, name: str) -> str:
    return str(root.findtext(f"meta/{name}") or "").strip()


def answers_in(parts: Iterable[AnyPart], node: Node) -> Answers:
    """The answers below a node, by the name of each question; a file is named as on the phone."""
    found: Answers = {}
    children: dict[str, list[Node]] = {}
    for child in node:  # once, not for each question: a form may have 100,000 of them
        children.setdefault(str(child.tag), []).append(child)
    for part in parts:
        nodes = children.get(part.name, [])
        if isinstance(part, Repeat):
            # One more than may be stored, so that the answer is refused.
            some = islice(filter(is_round, nodes), MOST_ROUNDS + 1)
            rounds = [cast(Round, answers_in(part.items, one)) for one in some]
            found |= {part.name: [*rounds]} if rounds else {}
        elif isinstance(part, Container):
            found |= answers_in(part.items, nodes[0]) if nodes else {}
        else:
            found |= question_answers(part, nodes[:1])
    return found


def is_round(node: Node) -> bool:
    """Whether a repeat was asked here: the template that a form begins with is no round."""
    return node.get("template") is None


def question_answers(item: Item, nodes: list[Node]) -> Answers:
    """The answers to one question; each row of a grid has one of its own."""
    if not item.is_asked:
        return {}
    within = nodes[0] if nodes and item.row_texts() else None
    found: Answers = {}
    for name in item.answer_names():
        text = str((within.findtext(name) if within is not None else text_of(nodes)) or "")
        if text.strip():
            found[name] = item.answer_from_text(text)
        elif item.may_leave_empty_on_phones():
            found[name] = DECLINED
    return found


def text_of(nodes: list[Node]) -> str | None:
    return nodes[0].text if nodes else None
