"""A trial over its whole life: its conditions, what the working group watched, and its months."""

from collections.abc import Iterator, Sequence

import msgspec

from api.editions.chapters.deployments import KINDS
from api.editions.chapters.recommendations import (
    METHOD_LINKS,
    movement_words,
    row_details,
)
from api.editions.report import (
    KeyFigure,
    ReportCell,
    ReportSection,
    ReportTable,
    measure_links,
    text_cell,
)
from api.editions.rows import ExportRow, Periods, bounded_row, figure_row
from api.locales import (
    WITHHELD,
    category_name,
    format_interval,
    format_month,
    format_number,
    format_ratio,
    format_short_day,
    format_whole,
)
from api.locales import edition_gettext as _
from survey.editions import Edition
from survey.editions.recommendations import (
    EditionRecommendation,
    LifeMonth,
    LifeRatio,
    Movement,
    RecommendationStatus,
    TrialOutcome,
)
from survey.sentences import N_

DECIDED: dict[RecommendationStatus, str] = {
    "open": N_("Not decided"),
    "accepted": N_("Accepted, not done yet"),
    "partly": N_("Met in part"),
    "rejected": N_("Not met"),
    "done": N_("Met"),
    "unseen": N_("Cannot be seen from outside"),
}
MOST_MONTHS = 13  # lines of the table, so that the report fits on one side of paper
RATES = "#,##0.00"


def conditions_section(edition: Edition) -> Iterator[ReportSection]:
    """What was agreed when the trial was approved, next to what was decided and measured."""
    if edition.trial is None:
        return
    rows = edition.recommendations
    yield ReportSection(
        key="recommendations",
        heading=_("What was agreed, and what came of it"),
        tables=(
            ReportTable(
                caption=_("The conditions of the trial"),
                head=(_("Condition"), _("Decided"), _("Why, and our figures")),
                rows=tuple(map(condition_row, rows)),
                note=""
                if all(row.checked for row in rows)
                else _("Wording not checked: nobody has read its words in the source."),
                wordy=True,
            ),
        ),
        measures=measure_links(
            *dict.fromkeys(METHOD_LINKS[measure] for row in rows for measure in row.measures)
        ),
    )


def condition_row(row: EditionRecommendation) -> tuple[ReportCell, ...]:
    moved = " ".join(map(movement_words, row.movements))
    return (
        ReportCell(row.title, under=row_details(row)),
        ReportCell(_(DECIDED[row.status])),
        ReportCell(f"{row.reason} {moved or _('None of our figures speaks to it.')}".strip()),
    )


def worries_section(edition: Edition) -> Iterator[ReportSection]:
    """What a working group on Tasers looks at, and what the whole trial says of it."""
    trial = edition.trial
    if trial is None:
        return
    index, deployments, complaints = trial.moved
    yield ReportSection(
        key="trial-watched",
        heading=_("What the working group watched"),
        tables=(
            ReportTable(
                caption=_("Before the trial and now"),
                head=(_("What"), _("What was measured")),
                rows=(
                    worry(_("What residents think of the police"), movement_words(index)),
                    worry(_("How often Tasers are used"), movement_words(deployments)),
                    worry(_("Complaints"), movement_words(complaints)),
                    worry(_("More use on some groups than on others"), ratio_words(trial)),
                    worry(_("People who may need special care"), person_words(trial)),
                    worry(
                        _("How officers are trained"),
                        _("No figure of ours measures it. Ask the force for its records."),
                    ),
                ),
                note=_("Rates are per 10,000 residents a year."),
                wordy=True,
            ),
        ),
        measures=measure_links(*METHOD_LINKS.values(), "disparity_ratio"),
    )


def worry(what: str, said: str) -> tuple[ReportCell, ...]:
    return ReportCell(what), ReportCell(said)


def ratio_words(trial: TrialOutcome) -> str:
    """Each ratio against residents in the newest report, and in the first one of the trial."""
    if not trial.ratios:
        return _("No ratio was published.")
    return " ".join(map(ratio_sentence, trial.ratios))


def ratio_sentence(ratio: LifeRatio) -> str:
    about = {
        "group": category_name(ratio.group),
        "reference": category_name(ratio.reference),
        "now": format_ratio(*ratio.now),
        "now_until": format_short_day(ratio.now_days[1]),
    }
    if ratio.was_days == ratio.now_days:
        return _("{group} next to {reference}: {now} (to {now_until}).").format(**about)
    return _(
        "{group} next to {reference}: {was} (to {was_until}), then {now} (to {now_until})."
    ).format(was=format_ratio(*ratio.was), was_until=format_short_day(ratio.was_days[1]), **about)


def person_words(trial: TrialOutcome) -> str:
    """How many uses of the newest report's window were on such people."""
    if not trial.persons or trial.persons_days is None:
        return _("No number was published.")
    first, last = map(format_short_day, trial.persons_days)
    named = "; ".join(
        _("{kind}: {n}").format(kind=_(KINDS[kind]), n=format_whole(many))
        for kind, many in trial.persons
    )
    return _("{first} to {last}: {named}.").format(first=first, last=last, named=named)


def life_section(edition: Edition) -> Iterator[ReportSection]:
    """The trial month by month, in at most thirteen lines."""
    trial = edition.trial
    if trial is None:
        return
    every = -(-len(trial.months) // MOST_MONTHS)
    shown = trial.months[::-1][::every][::-1]
    notes = [_("Rates are per 10,000 residents a year. Residents who were asked, of 100 points.")]
    if every > 1:
        notes.append(_("Every {n}th month is in this table; the files have all.").format(n=every))
    yield ReportSection(
        key="trial-months",
        heading=_("The trial month by month"),
        tables=(
            ReportTable(
                caption=_("The city in each monthly report"),
                head=(_("Month"), _("Perception index"), _("Deployments"), _("Complaints")),
                rows=tuple(month_row(month, trial) for month in shown),
                note=" ".join(notes),
            ),
        ),
        measures=measure_links(*METHOD_LINKS.values()),
    )


def month_row(month: LifeMonth, trial: TrialOutcome) -> tuple[ReportCell, ...]:
    under = _("before the trial") if month.end == trial.before else ""
    index = text_cell(WITHHELD)
    if month.index is not None and month.low is not None and month.high is not None:
        index = ReportCell(
            f"{format_number(month.index)} ({format_interval(month.low, month.high)})",
            scale=(month.low, month.index, month.high),
        )
    return (
        ReportCell(format_month(month.start), under=under),
        index,
        rate_cell(month.deployments),
        rate_cell(month.complaints),
    )


def rate_cell(rate: float | None) -> ReportCell:
    return text_cell(WITHHELD) if rate is None else text_cell(format_number(rate, RATES, places=2))


def outcome_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    """The figures of every month, and what moved over the trial."""
    trial = edition.trial
    if trial is None:
        return
    for month in trial.months:
        period = f"{month.start}/{month.end}"
        key = "trial by month", period, edition.city, "", "perception index"
        yield bounded_row(key, None, (month.index, month.low, month.high), "95% interval")
        for name, value in (("deployments", month.deployments), ("complaints", month.complaints)):
            yield figure_row(
                "trial by month", period, edition.city, name, value, "per 10,000 residents a year"
            )
    yield from moved_rows(edition, trial.moved)
    for ratio in trial.ratios:
        for name, figures, days in (
            ("first", ratio.was, ratio.was_days),
            ("newest", ratio.now, ratio.now_days),
        ):
            key = "trial: ratios", f"{days[0]}/{days[1]}", ratio.group, "", f"{name} ratio"
            yield bounded_row(key, None, figures, "95% interval")


def moved_rows(edition: Edition, moved: Sequence[Movement]) -> Iterator[ExportRow]:
    for movement in moved:
        period = f"{movement.before or ''}/{edition.end}"
        key = "trial: changes", period, edition.city, "", movement.measure
        change = (movement.change, movement.low, movement.high)
        yield bounded_row(key, None, change, f"{100 * movement.level:g}%: {movement.verdict}")


def without_changes(edition: Edition, figures: Iterator[KeyFigure]) -> Iterator[KeyFigure]:
    """Of an outcome report the figures with their month in place of what changed: that is in its
    tables, and not from the report before.
    """
    if edition.kind != "outcome":
        yield from figures
        return
    month = format_month(edition.index_from or edition.start)
    for figure in figures:
        yield msgspec.structs.replace(figure, word=None, change=month, window=month)


# It fits on one side of paper, and has no chapter of figures.
SECTIONS = (conditions_section, worries_section, life_section)
CHAPTERS = ("reliable",)
