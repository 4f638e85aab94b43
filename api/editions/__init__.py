"""The view of an edition: the same sections in the same order on the page and in the PDF."""

from api.editions import contents, front
from api.editions.report import ReportView, without_blank_tables
from api.editions.rows import period_label, with_window_starts
from api.locales import edition_gettext as _
from api.locales import format_day, format_sentence, translate_sentence
from survey.editions import Edition
from survey.sentences import translated_sentences


def report_view(stored: Edition, sha256: str) -> ReportView:
    counted = with_window_starts(stored)
    edition = translated_sentences(counted, counted.sentences, translate_sentence)
    known_on = edition.data_as_of
    return ReportView(
        title=f"{_(front.TITLES[edition.kind])}: {edition.city}",
        period=_("{first} to {last}").format(
            first=format_day(edition.start), last=format_day(edition.end)
        ),
        label=period_label(edition),
        kind=edition.kind,
        start=edition.start.isoformat(),
        number=edition.number,
        as_of=format_day(known_on),
        made_on=(known_on.year, known_on.month, known_on.day),
        sha256=sha256,
        synthetic=edition.synthetic,
        lead=tuple(map(format_sentence, edition.lead)),
        headline=tuple(map(format_sentence, edition.headline)),
        stats=tuple(contents.key_figures(edition)),
        front=tuple(map(without_blank_tables, contents.front_sections(edition))),
        chapters=tuple(contents.report_chapters(edition)),
        notes=tuple(front.edition_notes(edition)),
        correction=tuple(front.correction_sentences(edition)),
        planted=edition.planted,
        strip=_(front.STRIP),
        basis=front.edition_basis(edition, sha256),
        attribution=edition.attribution,
    )
