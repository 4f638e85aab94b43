"""Alerts: what needs attention and who is responsible; and what the working group agreed."""

from collections.abc import Iterator

import msgspec

from api.editions.cells import AreaNamer, area_namer, two_decimals
from api.editions.report import AlertCard, ReportCell, ReportSection, ReportTable, measure_links
from api.editions.rows import ExportRow, Periods, figure_row, has_before, page_before
from api.locales import edition_gettext as _
from api.locales import (
    format_number,
    format_sentence,
    format_short_day,
    format_whole,
    translate_sentence,
)
from survey.editions import Edition
from survey.editions.actions import WEEKS_OPEN, Action, Alert, expected_by_chance
from survey.sentences import N_
from survey.store.editions.actions import EditionAlerts

MOST_ON_A_PAGE = 6
ORDER = {"red": 0, "amber": 1, "data": 2}
SIGNS = {"red": "◆", "amber": "▲", "data": "●"}
LEVELS = {"red": N_("Red"), "amber": N_("Amber"), "data": N_("Data")}
# Of counts, which are whole numbers; the index and rates are shown as in their tables.
FIGURES = {
    "deployments": N_("about {number} deployments"),
    "complaints": N_("about {number} complaints"),
    "answers": N_("about {number} answers"),
    "texts": N_("about {number} texts"),
}
STANDINGS = {"new": N_("new"), "continuing": N_("continuing"), "closed": N_("closed")}
ACTION_STATUSES = {"open": N_("open"), "done": N_("done"), "dropped": N_("dropped")}
# The section with the figures of a rule, where weekly and monthly editions have the same.
SECTIONS = {
    "funnel_index": "funnel-index",
    "funnel_deployments": "funnel-deployments",
    "funnel_complaints": "funnel-complaints",
    "disparity": "disparities",
    "feed_deployments": "quality",
    "feed_answers": "quality",
}
WEEKLY_SECTIONS = {"burst": "top-themes", "new_theme": "top-themes", "complaints_limit": "rates"}
MONTHLY_SECTIONS = {
    "burst": "themes",
    "new_theme": "themes",
    "few_answers": "sample",
    "unraked": "sample",
    "unequal_weights": "sample",
}
NOTES = {
    "weekly": N_(
        "An alert is a reason to look closer, not a finding. It opens when a week ends or somebody "
        "reports, and closes when nothing has set it off for {weeks} weeks."
    ),
    "monthly": N_(
        "An alert is a reason to look closer, not a finding. It opens when a month ends or "
        "somebody reports, and closes when nothing has set it off for {weeks} weeks."
    ),
}


def worst_alerts_section(edition: Edition) -> Iterator[ReportSection]:
    """The most severe alerts, for the front; their chapter then lists all of them."""
    yield from alerts_section(edition, MOST_ON_A_PAGE)


def all_alerts_section(edition: Edition) -> Iterator[ReportSection]:
    """All alerts with all that is known of each; the front has a line for each."""
    if edition.alerts:
        for section in alerts_section(edition):
            # A key of its own, because the front has the shorter list under the first.
            yield msgspec.structs.replace(
                section,
                key="all-alerts",
                heading=_("All alerts"),
                words=(_(NOTES[edition.kind]).format(weeks=WEEKS_OPEN),),
            )


def alerts_section(edition: Edition, most: int | None = None) -> Iterator[ReportSection]:
    """All alerts, or only as many of the most severe as `most` says."""
    alerts = sorted(
        edition.alerts, key=lambda alert: (alert.standing == "closed", ORDER[alert.level])
    )
    if not alerts and not edition.index and edition.this_period is None:
        return
    yield ReportSection(
        key="alerts",
        heading=_("Alerts"),
        words=(alerts_note(len(alerts), most or len(alerts)),),
        boxes=tuple(
            alert_card(shown_alert, area_namer(edition), edition) for shown_alert in alerts[:most]
        ),
        measures=measure_links("alert"),
    )


def alerts_note(number: int, most: int) -> str:
    """What an alert is, and where the rest of them are; or that there is none."""
    if not number:
        return _("There is no alert.")
    note = _("An alert is a reason to look closer. It does not prove that something is wrong.")
    if number <= most:
        return note
    all_of_them = _("All {number} are in the chapter Alerts and actions.")
    return f"{note} {all_of_them.format(number=format_whole(number))}"


def alert_card(alert: Alert, names: AreaNamer, edition: Edition) -> AlertCard:
    return AlertCard(
        level=alert.level,
        level_said=_(LEVELS[alert.level]),
        standing=alert.standing,
        standing_said=_(STANDINGS[alert.standing]),
        place=names(alert.domain),
        sentence=format_sentence(alert.sentence),
        sign=SIGNS[alert.level],
        brief=tuple(alert_in_brief(alert, edition)),
        facts=tuple(alert_facts(alert, edition)),
        section=alert_section(alert, edition.kind),
    )


def alert_in_brief(alert: Alert, edition: Edition) -> Iterator[str]:
    """The figure now and before, since when, and whose it is."""
    if figure := figures_in_words(alert, edition):
        yield figure
    yield _("since {day}").format(day=format_short_day(alert.since))
    yield alert.owner or _("no owner yet")


def alert_facts(alert: Alert, edition: Edition) -> Iterator[tuple[str, str]]:
    if figure := figures_in_words(alert, edition):
        yield _("Figure"), figure
    yield _("Since"), alert_duration(alert)
    yield _("Owner"), alert.owner or _("none yet")
    yield _("Action"), alert.action or _("none yet")
    if alert.expected_a_year is not None:
        expected = expected_by_chance(alert.expected_a_year).source
        yield _("By chance alone"), translate_sentence(expected, dict(expected.values))


def figures_in_words(alert: Alert, of: Edition | EditionAlerts) -> str:
    """The figure that an alert is about, in its edition and at the time before; empty if it is
    about no figure.
    """
    return "; ".join(filter(None, (alert_figure_text(alert), alert_change_text(alert, of))))


def alert_figure_text(alert: Alert) -> str:
    """The figure that the alert is about; empty if it is about no figure."""
    return "" if alert.figure is None else figure_text(alert, alert.figure)


def alert_change_text(alert: Alert, of: Edition | EditionAlerts) -> str:
    """The alert's figure at the time before; empty if there is none."""
    if alert.figure is None or alert.figure_before is None or not has_before(of):
        return ""
    return _("{before}: {figure}").format(
        before=page_before(of),
        figure=figure_text(alert, alert.figure_before),
    )


def figure_text(alert: Alert, value: float) -> str:
    """A figure of an alert in its unit."""
    message = FIGURES.get(alert.unit)
    if message is None:
        return format_number(value) if alert.unit == "points" else two_decimals(value)
    return _(message).format(number=format_whole(value))


def alert_duration(alert: Alert) -> str:
    since = format_short_day(alert.since)
    if alert.standing == "closed":
        return _("{since}; closed").format(since=since)
    return _("{since}; ends {until}").format(since=since, until=format_short_day(alert.until))


def actions_section(edition: Edition) -> Iterator[ReportSection]:
    if edition.actions:
        monthly = edition.kind == "monthly"
        yield ReportSection(
            key="actions",
            heading=_("Actions from last month") if monthly else _("Actions agreed before"),
            tables=(
                ReportTable(
                    caption=_("What was agreed, and what happened"),
                    head=(_("Action"), _("Owner"), _("Due"), _("Status")),
                    rows=tuple(
                        (ReportCell(action.what), *action_cells(action))
                        for action in edition.actions
                    ),
                    wordy=True,
                ),
            ),
        )


def action_cells(action: Action) -> tuple[ReportCell, ...]:
    status = _(ACTION_STATUSES[action.status])
    if action.outcome:
        status = _("{status}: {outcome}").format(status=status, outcome=action.outcome)
    return ReportCell(action.owner), ReportCell(format_short_day(action.due)), ReportCell(status)


def alert_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for alert in edition.alerts:
        key = (
            "alerts",
            f"{alert.since}/{alert.until}",
            alert.domain,
            "",
            f"{alert.level}: {alert.rule}",
        )
        said = f"{alert.sentence} Owner: {alert.owner or 'none yet'}. {alert.action}".strip()
        yield *key, None, alert.expected_a_year, None, None, said, alert.standing
        if alert.figure is not None:
            period, place = f"{edition.start}/{edition.end}", alert.domain
            about = f"{alert.level}: {alert.rule}, figure"
            yield figure_row("alerts", period, place, about, alert.figure, alert.unit)


def action_rows(edition: Edition, _periods: Periods) -> Iterator[ExportRow]:
    for action in edition.actions:
        key = "actions", f"{action.agreed_on}/{action.due}", edition.city, "", action.what
        yield *key, None, None, None, None, f"{action.owner}: {action.outcome}", action.status


def alert_section(alert: Alert, kind: str) -> str:
    """The key of the section that shows the figures of an alert; if no section does, the key of the
    alerts' section.
    """
    if alert.rule == "under_18" and alert.figure is not None:
        return "persons"
    if alert.rule == "index_signal":
        # The signal of the city is red, that of a borough amber.
        return "index" if alert.level == "red" else "boroughs"
    of_kind = WEEKLY_SECTIONS if kind == "weekly" else MONTHLY_SECTIONS
    return (SECTIONS | of_kind).get(alert.rule, "alerts")
