"""The ledger of recommendations: what was answered, what people decided, and what moved since."""

from collections.abc import Iterator, Sequence

from api.editions.report import ReportCell, ReportSection, ReportTable, measure_links
from api.editions.rows import ExportRow, Periods, bounded_row, figure_row, words_row
from api.locales import edition_gettext as _
from api.locales import edition_ngettext as _n
from api.locales import (
    format_change,
    format_number,
    format_range,
    format_short_day,
    format_whole,
)
from survey.editions import Edition
from survey.editions.recommendations import (
    EditionRecommendation,
    LedgerMeasure,
    Movement,
    MovementVerdict,
    RecommendationStatus,
)
from survey.sentences import N_

STATUSES: dict[RecommendationStatus, str] = {
    "open": N_("open"),
    "accepted": N_("accepted, not done yet"),
    "partly": N_("accepted in part"),
    "rejected": N_("rejected by the force"),
    "done": N_("done"),
    "unseen": N_("cannot be seen from outside"),
}
SETTLED = ("rejected", "done", "unseen")
MEASURES: dict[LedgerMeasure, str] = {
    "index": N_("Perception index"),
    "deployments": N_("Deployment rate"),
    "complaints": N_("Complaint rate"),
}
UNITS: dict[LedgerMeasure, str] = {
    "index": "points",
    "deployments": "per 10,000 residents a year",
    "complaints": "per 10,000 residents a year",
}
METHOD_LINKS = {
    "index": "perception_index",
    "deployments": "deployment_rate",
    "complaints": "complaint_rate",
}
MOVED: dict[MovementVerdict, str] = {
    "rose": N_("{figure} rose from {was} to {now} ({change}, {level} interval {limits})."),
    "fell": N_("{figure} fell from {was} to {now} ({change}, {level} interval {limits})."),
    "unclear": N_(
        "{figure}: {was} before, {now} now. Chance can explain that ({level} interval {limits}); "
        "a change of {least} would have shown four times in five."
    ),
    "method": N_("{figure}: not compared, because the method changed since."),
    "missing": N_("{figure}: not compared, because one of the two figures is not published."),
    "early": N_("{figure}: it is too early to compare."),
    "none_before": N_("{figure}: no monthly report from before."),
}
WHAT_IT_IS = N_(
    "People decide the status and say why. Figures are those of the last monthly report before a "
    "change was possible, and of this one; rates are per 10,000 residents a year. A figure that "
    "moved does not show that the recommendation is why."
)


def ledger_section(edition: Edition) -> Iterator[ReportSection]:
    """All recommendations, folded; what moved is said first, or that nothing did."""
    rows = edition.recommendations
    if not rows:
        return
    links = dict.fromkeys(METHOD_LINKS[measure] for row in rows for measure in row.measures)
    yield ReportSection(
        key="recommendations",
        heading=_("Recommendations and what came of them"),
        words=(_(WHAT_IT_IS),),
        folded=(
            ReportTable(
                caption=_("Recommendations, their status and our figures"),
                head=(_("Recommendation"), _("Status"), _("Why, answers and our figures")),
                rows=tuple(ledger_row(row) for row in rows),
                note=""
                if all(row.checked for row in rows)
                else _("Wording not checked: nobody has read its words in the source."),
                wordy=True,
            ),
        ),
        measures=measure_links(*links),
    )


def ledger_row(row: EditionRecommendation) -> tuple[ReportCell, ...]:
    moved = " ".join(map(movement_words, row.movements))
    status = _("{status}, since {day}").format(
        status=_(STATUSES[row.status]), day=format_short_day(row.decided_on)
    )
    return (
        ReportCell(row.title, under=row_details(row)),
        ReportCell(status),
        ReportCell(
            f"{reason_words(row)} {moved or _('None of our figures speaks to it.')}".strip()
        ),
    )


def row_details(row: EditionRecommendation) -> str:
    """Who recommended it and when, to whom, by when; and whether its words were read."""
    made = _("{source}, {day}, to: {addressee}").format(
        source=row.source, day=format_short_day(row.made_on), addressee=row.addressee
    )
    due = _("by {day}").format(day=format_short_day(row.due)) if row.due else ""
    return "; ".join(filter(None, (made, due, "" if row.checked else _("wording not checked"))))


def reason_words(row: EditionRecommendation) -> str:
    """Why it has its status and who decided; then how many answers there are."""
    why = ""
    if row.reason:
        why = _("{decided_by}: {reason}").format(decided_by=row.decided_by, reason=row.reason)
    if row.answered_on is None:
        return f"{why} {_('No answer yet.')}".strip()
    answers = _n("{n} answer, on {day}.", "{n} answers, the last on {day}.", row.answers)
    said = answers.format(n=format_whole(row.answers), day=format_short_day(row.answered_on))
    return f"{why} {said}".strip()


def movement_words(movement: Movement) -> str:
    """What may be said of a figure since; with what would have been seen, if it did not move."""
    message = _(MOVED[movement.verdict])
    name = _(MEASURES[movement.measure])
    if movement.change is None or movement.low is None or movement.high is None:
        return message.format(figure=name)
    return message.format(
        figure=name,
        was=value_text(movement, movement.was),
        now=value_text(movement, movement.now),
        change=change_text(movement, movement.change),
        level=f"{format_number(100 * movement.level, '#,##0.##', places=2)}%",
        limits=format_range(
            change_text(movement, movement.low), change_text(movement, movement.high)
        ),
        least=value_text(movement, movement.least),
    )


def value_text(movement: Movement, value: float | None) -> str:
    if movement.measure == "index":
        return format_number(value or 0.0)
    return format_number(value or 0.0, "#,##0.00", places=2)


def change_text(movement: Movement, value: float) -> str:
    if movement.measure == "index":
        return format_change(value)
    return format_change(value, "+#,##0.00;-#,##0.00", places=2)


def ledger_answer(edition: Edition, _sections: Sequence[ReportSection]) -> str:
    """How many recommendations are not settled, and how many figures moved beyond chance."""
    rows = edition.recommendations
    waiting = sum(row.status not in SETTLED for row in rows)
    said = _("{waiting} of {all} are not settled").format(
        waiting=format_whole(waiting), all=format_whole(len(rows))
    )
    movements = [movement for row in rows for movement in row.movements]
    compared = [movement for movement in movements if movement.change is not None]
    if not compared:
        return said
    moved = sum(movement.verdict in ("rose", "fell") for movement in compared)
    return _("{said}; {moved} of {compared} figures moved more than chance explains").format(
        said=said, moved=format_whole(moved), compared=format_whole(len(compared))
    )


def ledger_rows(edition: Edition, periods: Periods) -> Iterator[ExportRow]:
    """A row for each recommendation, and four for each figure that is compared."""
    for row in edition.recommendations:
        said = (
            f"{row.source}, {row.made_on}, to {row.addressee}: {row.status} since "
            f"{row.decided_on}; answers: {row.answers}, the last on {row.answered_on}. {row.reason}"
        ).strip()
        yield words_row("recommendations", periods.whole, edition.city, row.title, said)
        for movement in row.movements:
            yield from movement_rows(edition, row, movement)


def movement_rows(
    edition: Edition, row: EditionRecommendation, movement: Movement
) -> Iterator[ExportRow]:
    period = f"{movement.before or ''}/{edition.end}"
    measure = f"{row.title}: {movement.measure}"
    if movement.change is None:
        why = f"not compared: {movement.verdict}"
        yield words_row("recommendations", period, edition.city, measure, why)
        return
    for name, value in (
        ("was", movement.was),
        ("now", movement.now),
        ("smallest change that would show", movement.least),
    ):
        of = f"{measure}, {name}"
        yield figure_row(
            "recommendations", period, edition.city, of, value, UNITS[movement.measure]
        )
    key = "recommendations", period, edition.city, "", f"{measure}, change"
    level = f"{100 * movement.level:g}% interval: {movement.verdict}"
    yield bounded_row(key, None, (movement.change, movement.low, movement.high), level)
