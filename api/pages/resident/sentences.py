"""What is wrong with an answer, said to a person: which question, and what to do."""

import re
from collections.abc import Iterable

from api.pages.resident.steps import Step
from api.pages.resident.walking import Walk
from api.pages.templating import plain
from api.pages.translating import N_, gettext
from survey.attachments import MOST_BYTES, MOST_FILES, most_bytes
from survey.formats.expressions import BROKEN
from survey.instruments import (
    Agreement,
    AnyItem,
    Borough,
    Choice,
    Choices,
    Consent,
    Date,
    File,
    Grid,
    Image,
    Moment,
    Note,
    Postcode,
    Rank,
    Scale,
    Time,
    Wording,
    names_of,
    said,
)
from survey.problems import Fault
from survey.responses import Settled

MISSING: dict[type, str] = {
    Choice: N_("%(name)s: choose one answer"),
    Agreement: N_("%(name)s: choose one answer"),
    Scale: N_("%(name)s: choose one answer"),
    Grid: N_("%(name)s: choose one answer in this row"),
    Choices: N_("%(name)s: choose one answer or more"),
    Rank: N_("%(name)s: give each one a place"),
    Date: N_("%(name)s: enter a date"),
    Moment: N_("%(name)s: enter a date"),
    Time: N_("%(name)s: enter a time"),
    Borough: N_("%(name)s: choose a borough"),
    Postcode: N_("%(name)s: enter a postcode"),
    Image: N_("%(name)s: choose a file"),
    File: N_("%(name)s: choose a file"),
    Consent: N_("%(name)s: tick the box to go on"),
}
MOST_QUOTED = 80
ANSWER = N_("%(name)s: enter an answer")

# What the rules of survey/responses.py say, and what a person is told instead.
WRONG = [
    (r"needs (?P<most>\d+) options at most", N_("%(name)s: choose no more than %(most)s answers")),
    (r"needs some of the options", N_("%(name)s: choose from the answers shown")),
    (r"needs one of the options", N_("%(name)s: choose one of the answers shown")),
    (r"needs every option once", N_("%(name)s: give each one a different place")),
    (
        r"needs a whole number from (?P<least>\S+) to (?P<most>\S+)",
        N_("%(name)s: enter a whole number from %(least)s to %(most)s"),
    ),
    (
        r"needs a number from (?P<least>\S+) to (?P<most>\S+)",
        N_("%(name)s: enter a number from %(least)s to %(most)s"),
    ),
    (
        r"needs a number in steps of (?P<step>\S+) from (?P<least>\S+)",
        N_("%(name)s: enter a number in steps of %(step)s from %(least)s"),
    ),
    (r"needs a whole number$", N_("%(name)s: enter a whole number, such as 12")),
    (r"needs a number", N_("%(name)s: enter a number, such as 12")),
    (
        r"needs (?P<most>[\d,]+) characters at most; there are (?P<there>[\d,]+)",
        N_("%(name)s: use %(most)s characters or fewer; there are %(there)s"),
    ),
    (r"has characters that cannot", N_("%(name)s: take out the signs that cannot be shown")),
    (r"needs a date such as", N_("%(name)s: enter a real date, such as 10 12 2007")),
    (
        r"needs a date that is not in the future",
        N_("%(name)s: enter a date that is not in the future"),
    ),
    (r"needs a time such as", N_("%(name)s: enter a time, such as 14:30")),
    (r"needs a borough of this city", N_("%(name)s: choose a borough")),
    (
        r"lies in several boroughs, name one: (?P<boroughs>.+)",
        N_("%(name)s: several boroughs share this postcode; enter one of them: %(boroughs)s"),
    ),
    (
        r"needs a postcode of this city",
        N_("%(name)s: enter a postcode in this city, such as E8 1EA, or the name of a borough"),
    ),
    (r"needs a date after 1900", N_("%(name)s: enter a date after 1900")),
    (r"needs the mark of a file", N_("%(name)s: choose a file")),
    (
        r"needs a file that was sent",
        N_("%(name)s: choose the file again; what you sent before is no longer here"),
    ),
]

# Why a file is not taken, by the code of the refusal.
NOT_TAKEN = {
    "attachment.empty": N_("%(name)s: this file is empty; choose another one"),
    "attachment.too_large": N_("%(name)s: choose a file of %(most)s MB or less"),
    "attachment.too_many": N_("%(name)s: you can send %(files)s files at most; remove one first"),
    "attachment.damaged": N_("%(name)s: this file cannot be read; choose another one"),
    "attachment.type": N_("%(name)s: choose a PDF, or a picture as JPEG, PNG, WebP or GIF"),
}
NO_PICTURE = {"attachment.type": N_("%(name)s: choose a picture as JPEG, PNG, WebP or GIF")}
NO_MEDIA = {
    "attachment.type": N_("%(name)s: choose a picture, a PDF, a video or a sound recording"),
    "attachment.too_large": N_(
        "%(name)s: choose a video or sound recording of %(most)s MB or less, or another file of "
        "%(other)s MB or less"
    ),
}


def sentence(item: AnyItem, fault: Fault, at: str = "answer") -> str:
    name = name_for(item, fault.where, at)
    if fault.sentence == "needs an answer":
        return plain(item.required_message) or gettext(MISSING.get(type(item), ANSWER)) % {
            "name": name
        }
    if fault.sentence == BROKEN:
        return gettext("%(name)s: check your answer, it cannot be accepted") % {"name": name}
    if fault.sentence == said(item.constraint_message):
        return plain(item.constraint_message)
    if isinstance(item, Agreement | Scale | Grid):
        return gettext(MISSING[type(item)]) % {"name": name}
    for pattern, message in WRONG:
        if match := re.match(pattern, fault.sentence):
            return gettext(message) % {"name": name, **match.groupdict()}
    return gettext(ANSWER) % {"name": name}


def of_file(item: Image | File, code: str, kind: str, *, called: str = "") -> str:
    """What is wrong with a file that was chosen, for an instrument of this kind."""
    told = NOT_TAKEN
    if isinstance(item, Image):
        told = NOT_TAKEN | NO_PICTURE
    elif kind == "complaint":
        told = NOT_TAKEN | NO_MEDIA
    return gettext(told[code]) % {
        "name": called or plain(item.short) or gettext("This question"),
        "most": most_bytes(item, kind) // 1_000_000,
        "other": MOST_BYTES // 1_000_000,
        "files": MOST_FILES,
    }


def name_for(item: AnyItem, where: str, at: str) -> str:
    """What a sentence calls a question: by its words where there are several on the page."""
    name = plain(called(item, where))
    if not name and at != "answer":
        name = plain(item.text)
    if len(name) > MOST_QUOTED:
        name = name[:MOST_QUOTED].rsplit(" ", 1)[0] + "…"
    return name.rstrip(":") or gettext("This question")


def called(item: AnyItem, where: str) -> Wording:
    """The short wording of the question, if it has one, or that of the row of a grid."""
    if isinstance(item, Grid):
        return next((row.text for row in item.rows if row.name == where), item.text)
    return item.short


def field_of(item: AnyItem, fault: Fault, at: str) -> str:
    """The id of the field that the fault is about, for the link in the summary."""
    names = names_of(item)
    if isinstance(item, Grid) and fault.where in names:
        return f"{at}-{names.index(fault.where) + 1}"
    if isinstance(item, Rank):
        return f"{at}-1"
    return f"{at}-day" if isinstance(item, Date | Moment) else at


def errors_of(item: AnyItem, faults: list[Fault], at: str) -> list[tuple[str, str]]:
    """Field and sentence of each fault."""
    return [(field_of(item, fault, at), sentence(item, fault, at)) for fault in faults]


def errors_of_notes(step: Step, settled: Settled) -> list[tuple[str, str]]:
    """Notes that nobody may pass: the answers that bring them up have to change."""
    return [
        (
            "",
            gettext("Change an earlier answer before you go on: %(words)s")
            % {"words": plain(item.text)},
        )
        for item in step.items
        if isinstance(item, Note)
        and step.address(item.name) in settled.required - settled.passed_over
    ]


def faults_of_sending(walk: Walk, faults: Iterable[Fault]) -> list[tuple[str, str]]:
    """Each fault with the page where it can be put right, and the words of its question."""
    errors: dict[tuple[str, str], None] = {}
    pages = [(step, item) for step in walk.steps for item in step.items]
    for fault in faults:
        found = [
            (step, item, name)
            for step, item in pages
            for name in (item.name, *names_of(item))
            if step.address(name) == fault.where
        ]
        for step, item, name in found[:1]:
            words = sentence(item, Fault(name, fault.sentence), at="")
            errors[f"{walk.address(step.name)}?change", words] = None
    return list(errors)
