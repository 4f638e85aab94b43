"""A notice to the press, of one page in plain text, for people to read, change and send.

It is made by the rule of findings and says nothing that the edition does not: what changed, how
sure that is, what it does not show, how many were asked, and where all of it can be read.
"""

import textwrap
from collections.abc import Iterator, Sequence

from api.editions.report import ReportView
from api.locales import edition_gettext as _

MOST_FINDINGS = 3
ACROSS = 78


def press_notice(view: ReportView, base: str, operator: str, contact: str) -> str:
    """The notice. `operator` runs this installation and is reached at `contact`, if they say so."""
    link = f"{base}/reports/{view.kind}/{view.start}?number={view.number}"
    parts: list[tuple[str, Sequence[str]]] = [
        ("", notice_head(view)),
        (_("What we found"), [*findings(view)]),
        (_("What this does not show"), [view.strip]),
        (_("How many people"), [*people(view)]),
        (_("Read it"), [link]),
        (_("Who publishes it"), [part for part in (operator or _("Soundings"), contact) if part]),
        (_("Notes to editors"), [*editor_notes(view, base)]),
    ]
    return "\n\n".join(block(title, lines) for title, lines in parts if lines) + "\n"


def block(title: str, lines: Sequence[str]) -> str:
    wrapped = [textwrap.fill(line, ACROSS, break_long_words=False) for line in lines]
    return "\n".join(([title.upper()] if title else []) + wrapped)


def notice_head(view: ReportView) -> list[str]:
    synthetic = [_("SYNTHETIC DATA"), ""] if view.synthetic else []
    headline = view.lead[:1] or view.headline[:1]
    return [*synthetic, *headline, "", f"{view.title}, {view.label}. {view.period}."]


def findings(view: ReportView) -> Iterator[str]:
    """At most three: the findings of the edition, then the first sentences of its headline."""
    rows = [
        row
        for section in view.front
        if section.key in ("changed", "summary")
        for table in section.tables[:1]
        if table.wordy
        for row in table.rows
    ]
    said = [
        *(
            _("{finding} How sure: {confidence}.").format(
                finding=row[0].text, confidence=row[1].text
            )
            for row in rows
        ),
        *view.headline,
    ]
    for number, sentence in enumerate(said[:MOST_FINDINGS], 1):
        yield f"{number}. {sentence}"


def people(view: ReportView) -> Iterator[str]:
    """How many answered and wrote in; these are never added up."""
    names = {"sampled": _("Residents we asked"), "open": _("People who wrote in")}
    for figure in view.stats:
        if figure.stream in names and figure.base:
            value = "" if figure.stream == "sampled" else f"{figure.value.text}. "
            yield f"{names[figure.stream]}, {figure.window}: {value}{figure.base}."


def editor_notes(view: ReportView, base: str) -> Iterator[str]:
    yield _("Edition {number}, data as of {day}.").format(number=view.number, day=view.as_of)
    yield _("A published report never changes. A correction is a new edition.")
    yield _("How we work out each figure: {address}").format(address=f"{base}/method")
    yield _("All files and licences: {address}").format(address=f"{base}/about/sources")
    yield from view.correction
    if view.synthetic:
        yield _("Every figure in this edition was made up.")
