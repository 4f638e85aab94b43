"""The view of an edition: the same sections in the same order on the page and in the PDF.

Its first screen can be in another language; its chapters and files are in English. A part with any
message that has no translation stays in English: nobody reads half a sentence in another language.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from api.editions import contents, front
from api.editions.chapters import alerts, changes, index
from api.editions.report import ReportSection, ReportView, without_blank_tables
from api.editions.rows import period_label, with_window_starts
from api.locales import (
    Untranslated,
    edition_language,
    format_day,
    format_sentence,
    translate_sentence,
    use_edition_language,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.sentences import strings_of, translated_sentences

Built = TypeVar("Built")
# The parts of the front whose sentences are stored, with the field of the edition that has them.
STORED: dict[contents.Sections, str] = {
    changes.what_changed_section: "findings",
    changes.summary_section: "findings",
    alerts.worst_alerts_section: "alerts",
    index.index_series_section: "marks",
}


def report_view(stored: Edition, sha256: str) -> ReportView:
    counted = with_window_starts(stored)
    edition = translated_sentences(counted, counted.sentences, translate_sentence)
    known_on = edition.data_as_of
    return ReportView(
        **first_lines(edition),  # type: ignore[arg-type]
        kind=edition.kind,
        start=edition.start.isoformat(),
        number=edition.number,
        made_on=(known_on.year, known_on.month, known_on.day),
        sha256=sha256,
        synthetic=edition.synthetic,
        headline=tuple(map(format_sentence, edition.headline)),
        front=tuple(map(without_blank_tables, contents.front_sections(edition))),
        chapters=tuple(contents.report_chapters(edition)),
        notes=tuple(front.edition_notes(edition)),
        planted=edition.planted,
        basis=front.edition_basis(edition, sha256),
        attribution=edition.attribution,
    )


def first_lines(edition: Edition) -> dict[str, object]:
    """Which report it is, what it says first and its main figures, as fields of its view."""
    return {
        "language": edition_language(),
        "title": f"{_(front.TITLES[edition.kind])}: {edition.city}",
        "label": period_label(edition),
        "period": _("{first} to {last}").format(
            first=format_day(edition.start), last=format_day(edition.end)
        ),
        "as_of": format_day(edition.data_as_of),
        "lead": tuple(map(format_sentence, edition.lead)),
        "stats": tuple(contents.key_figures(edition)),
        "correction": tuple(front.correction_sentences(edition)),
        "strip": _(front.STRIP),
    }


def with_unchanged_chapters(view: ReportView, before: Edition) -> ReportView:
    """The view, in which a chapter that prints what the edition `before` printed says so."""
    earlier = {chapter.key: chapter.printed_figures for chapter in report_view(before, "").chapters}
    said = _("Nothing new since {day}.").format(day=format_day(before.end))
    chapters = tuple(
        msgspec.structs.replace(chapter, answer=f"{said} {chapter.answer}")
        if chapter.printed_figures and chapter.printed_figures == earlier.get(chapter.key)
        else chapter
        for chapter in view.chapters
    )
    return msgspec.structs.replace(view, chapters=chapters)


def with_first_screen(view: ReportView, stored: Edition, language: str) -> ReportView:
    """The view of an edition with what is read first in a language, if its first lines are."""
    if language == view.language:
        return view
    edition = with_window_starts(stored)
    lines = build_translated(first_lines, edition, language, "lead")
    if lines is None:
        return view
    sections = {section.key: section for section in view.front}
    for make in contents.FRONT:
        build: Callable[[Edition], list[ReportSection]] = lambda of: [*make(of)]  # noqa: B023, E731
        for section in build_translated(build, edition, language, STORED.get(make)) or ():
            # Tiles are in English on every page.
            tiles = sections[section.key].tiles
            sections[section.key] = msgspec.structs.replace(
                without_blank_tables(section), language=language, tiles=tiles
            )
    return msgspec.structs.replace(view, **lines, front=tuple(sections.values()))


def build_translated(
    build: Callable[[Edition], Built], edition: Edition, language: str, field: str | None
) -> Built | None:
    """What is built of an edition in a language; None if any message of it has no translation, or
    a sentence in this field of the edition is older than the sources of sentences.
    """
    said = getattr(edition, field) if field else ()
    known = {source.english for source in edition.sentences}
    if any(text.endswith(".") and text not in known for text in strings_of(said)):
        return None
    with use_edition_language(language), suppress(Untranslated):
        if field:
            said = translated_sentences(said, edition.sentences, translate_sentence)
            edition = msgspec.structs.replace(edition, **{field: said})
        return build(edition)
    return None
