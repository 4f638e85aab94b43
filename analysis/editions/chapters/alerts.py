"""Alerts: which rules hold now, and how that relates to the previous edition; agreed actions."""

import datetime
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from msgspec.structs import replace

from analysis.disclosure import FEWEST_RESPONDENTS, FEWEST_TEXTS
from analysis.disclosure.gates import treatments
from analysis.editions import signals
from analysis.editions.campaigns import campaign_alerts, is_of_campaigns
from analysis.editions.chapter import Chapter, ChapterFields, Derivation, GateStep
from analysis.editions.comparison import inputs_to_compare
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from analysis.statistics import series
from survey.deployments import BENCHMARKS
from survey.editions import Edition, alert_figure, alert_unit
from survey.editions.actions import WEEKS_OPEN, Action, Alert, AlertAssignment, AlertLevel
from survey.editions.force import EditionDisparity, group_label
from survey.sentences import N_, Sentence, restored_sentences

EDITIONS_A_YEAR = {"weekly": 52, "monthly": 12}
WEEKS_A_YEAR = 52
FUNNEL_CHANCE = 0.002  # share of areas outside 99.8% limits by chance
COUNT_LIMIT_CHANCE = 0.001  # only the upper of the two 99.8% limits
RANGE_CHANCE = 0.05  # share of counts outside a 95% prediction interval
RATIO_CHANCE = 0.025  # share of 95% intervals that lie wholly above the truth
LEVEL_ORDER = ("red", "amber", "data")
FUNNEL_SENTENCES = {
    ("index", "below"): N_("The perception index is far lower here than citywide."),
    ("index", "above"): N_("The perception index is far higher here than citywide."),
    ("deployments", "below"): N_("The deployment rate is far lower here than citywide."),
    ("deployments", "above"): N_("The deployment rate is far higher here than citywide."),
    ("complaints", "below"): N_("The complaint rate is far lower here than citywide."),
    ("complaints", "above"): N_("The complaint rate is far higher here than citywide."),
}
RANGE_SENTENCES = {
    "below": N_("Fewer deployments were recorded than we expected from the weeks before."),
    "above": N_("More deployments were recorded than we expected from the weeks before."),
}
# By who stated the group; `per` is of the benchmark.
DISPARITY_SENTENCES = {
    "officer-defined": N_(
        "The recorded rate {per} is now clearly higher for {group} than for {reference} "
        "(officer-defined)."
    ),
    "self-defined": N_(
        "The recorded rate {per} is now clearly higher for {group} than for {reference} "
        "(self-defined)."
    ),
}
REPORTED_SENTENCES = {
    "under_18": N_("Use on a person under 18 reported."),
    "death": N_("Death after a use reported."),
    "serious_injury": N_("Serious injury after a use reported."),
}
# By what is new about a publisher's number of uses on children.
CHILDREN_SENTENCES = {
    "first": N_("The first uses on people under 18 in about three months were recorded."),
    "more": N_("More uses on people under 18 than we expected from the weeks before."),
}
# Rules on the whole city that say one thing: their level, and what they say.
CITY_RULES: dict[str, tuple[AlertLevel, str]] = {
    "complaints_limit": (
        "red",
        N_("Far more complaints were received than we expected from the weeks before."),
    ),
    "reading_dropped": (
        "red",
        N_(
            "The accuracy of the machine's reading of themes fell by ten points or more: "
            "themes are withheld."
        ),
    ),
    "feed_deployments": ("data", N_("No deployment figures were received for the period.")),
    # Boroughs are not named: a name would reveal that nothing was recorded there.
    "feed_answers": (
        "data",
        N_("No sampled answer was received from at least one borough where several are usual."),
    ),
    "few_answers": (
        "data",
        N_(
            "Fewer than half the usual number of sampled answers were received (the median of "
            "the eight weeks before)."
        ),
    ),
    "unraked": (
        "data",
        N_("The answers could not be weighted to the census: no index is given."),
    ),
    "unequal_weights": (
        "data",
        N_(
            "The weights of the answers are too unequal (design effect above 4): no index is given."
        ),
    ),
}
# Rules on figures that may be shown for a borough, and rules for the city only.
RULES_FOR_ANY_AREA = frozenset(
    {"index_signal", "funnel_index", "funnel_deployments", "funnel_complaints"}
)
RULES_FOR_CITY = frozenset(
    {
        *("complaints_limit", "reading_dropped", "disparity", "new_theme", "few_answers", "burst"),
        *("deployments_range", "feed_deployments", "feed_answers", "unraked", "unequal_weights"),
    }
)


class AlertTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that holds now, in one place; `of` is the measure, stream or theme that it is
    about, `since` the day of the report if somebody reported it, `until` the day on which it ends
    if that is known.
    """

    rule: str
    level: AlertLevel
    domain: str
    sentence: str
    of: str = ""
    expected: float | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None

    @property
    def key(self) -> str:
        return "/".join(part for part in (self.rule, self.of, self.domain) if part)


def city_trigger(rule: str, city: str, expected: float | None = None) -> AlertTrigger:
    """A rule of `CITY_RULES` that holds."""
    level, words = CITY_RULES[rule]
    return AlertTrigger(
        rule=rule, level=level, domain=city, sentence=Sentence(words), expected=expected
    )


def compute(workings: Workings) -> ChapterFields:
    return {"actions": tuple(workings.inputs.actions)}


def derive(given: Derivation) -> ChapterFields:
    """The alerts of the edition, from published figures or from rules that mention no figure.

    So an alert never reveals a small count, nor where a person was.
    """
    return {"alerts": edition_alerts(given.workings.inputs, given.safe)}


def edition_alerts(inputs: EditionInputs, edition: Edition) -> tuple[Alert, ...]:
    """The alerts of a gated edition: red first, closed ones last within their level.

    An alert lasts for four weeks after its rule last held; one about missing data ends when the
    data arrives, one about a campaign when its texts have left every window. An ended alert is
    listed once more, as closed.
    """
    last = inputs.last
    alerts_before = restored_sentences(last.alerts, last.sentences) if last else ()
    before = {alert.key: alert for alert in alerts_before}
    now = {trigger.key: trigger for trigger in alert_triggers(inputs, edition)}
    # A second edition of a period lists again what the first one closed.
    again = last is not None and last.end == inputs.end
    alerts = [raised_alert(trigger, before.get(key), inputs.end) for key, trigger in now.items()]
    for key, last_alert in before.items():
        if key not in now and (last_alert.standing != "closed" or again):
            stays = last_alert.level != "data" or is_of_campaigns(key, frozenset(inputs.campaigns))
            alerts.append(lapsed_alert(last_alert, inputs.end, stays=stays))
    compared = inputs_to_compare(inputs).last
    alerts = [with_figures(current_alert, edition, compared) for current_alert in alerts]
    if again:
        alerts = [
            as_in_first_edition(current_alert, before.get(current_alert.key))
            for current_alert in alerts
        ]
    owners = {assignment.key: assignment for assignment in inputs.assigned}
    owned = [with_owner(current_alert, owners.get(current_alert.key)) for current_alert in alerts]
    return tuple(
        sorted(
            owned,
            key=lambda alert: (
                LEVEL_ORDER.index(alert.level),
                alert.standing == "closed",
                alert.key,
            ),
        )
    )


def raised_alert(trigger: AlertTrigger, before: Alert | None, end: datetime.date) -> Alert:
    """The alert of a rule that holds: new, or renewed for four more weeks."""
    open_before = before if before and before.standing != "closed" else None
    return Alert(
        key=trigger.key,
        rule=trigger.rule,
        level=trigger.level,
        domain=trigger.domain,
        sentence=trigger.sentence,
        standing="continuing" if open_before else "new",
        since=open_before.since if open_before else trigger.since or end,
        until=trigger.until or end + datetime.timedelta(weeks=WEEKS_OPEN),
        expected_a_year=trigger.expected,
        of=trigger.of,
    )


def lapsed_alert(alert: Alert, end: datetime.date, *, stays: bool) -> Alert:
    """The alert of a rule that no longer holds: open until its expiry day if `stays`, else
    closed.
    """
    if alert.standing == "closed":
        return alert
    if alert.until > end and stays:
        return replace(alert, standing="continuing")
    return replace(alert, standing="closed", until=min(alert.until, end))


def as_in_first_edition(alert: Alert, known: Alert | None) -> Alert:
    """The alert: new if new in the period's first edition (`known`), and with its earlier
    figure.
    """
    if known is None:
        return alert
    return replace(
        alert,
        standing="new"
        if known.standing == "new" and alert.standing != "closed"
        else alert.standing,
        figure_before=known.figure_before if alert.figure_before is None else alert.figure_before,
    )


def with_figures(alert: Alert, edition: Edition, last: Edition | None) -> Alert:
    """The alert with its published figure, now and in the edition that it is compared with."""
    unit, about = alert_unit(alert.rule), (alert.rule, alert.domain, alert.of)
    figure, figure_before = alert_figure(edition, *about), alert_figure(last, *about)
    return replace(alert, unit=unit, figure=figure, figure_before=figure_before)


def with_owner(alert: Alert, by: AlertAssignment | None) -> Alert:
    return replace(alert, owner=by.owner, action=by.action) if by else alert


def alert_triggers(inputs: EditionInputs, edition: Edition) -> Iterator[AlertTrigger]:
    yield from red_triggers(inputs, edition)
    yield from children_triggers(inputs, edition)
    yield from range_triggers(edition)
    yield from index_signal_triggers(inputs, edition)
    yield from funnel_triggers(edition)
    yield from disparity_triggers(edition, inputs.last)
    yield from new_theme_triggers(edition)
    yield from missing_data_triggers(inputs)
    yield from weighting_triggers(edition)


def red_triggers(inputs: EditionInputs, edition: Edition) -> Iterator[AlertTrigger]:
    city = edition.city
    for kind, sentence in REPORTED_SENTENCES.items():
        days = (
            event.reported or inputs.end
            for event in inputs.raised
            # What happened later belongs in the edition of its own period.
            if event.kind == kind and event.on <= inputs.end
        )
        since = min(days, default=None)
        if since is not None:
            # Whether, not how many: the number would be a count of 1 to 4.
            yield AlertTrigger(
                rule=kind, level="red", domain=city, sentence=Sentence(sentence), since=since
            )
    if (far := signals.city_signal(inputs)) is not None:
        yield AlertTrigger(
            rule="index_signal",
            level="red",
            domain=city,
            sentence=signals.city_signal_sentence(far),
            expected=series.expected_false_alarms(1, WEEKS_A_YEAR),
        )
    if signals.has_too_many_complaints(inputs):
        by_chance = COUNT_LIMIT_CHANCE * EDITIONS_A_YEAR[edition.kind]
        yield city_trigger("complaints_limit", city, by_chance)
    if edition.reading == "dropped":
        yield city_trigger("reading_dropped", city)


def children_triggers(inputs: EditionInputs, edition: Edition) -> Iterator[AlertTrigger]:
    if (news := signals.children_news(inputs, edition)) is not None:
        yield AlertTrigger(
            rule="under_18",
            level="red",
            domain=edition.city,
            of=news,
            sentence=Sentence(CHILDREN_SENTENCES[news]),
            # Only those above the interval.
            expected=RANGE_CHANCE / 2 * EDITIONS_A_YEAR[edition.kind] if news == "more" else None,
        )


def range_triggers(edition: Edition) -> Iterator[AlertTrigger]:
    """Deployments of the period outside the range expected from the weeks before."""
    now = edition.this_period
    side = now.side if now else "within"
    if side in RANGE_SENTENCES:
        yield AlertTrigger(
            rule="deployments_range",
            level="amber",
            domain=edition.city,
            of=side,
            sentence=Sentence(RANGE_SENTENCES[side]),
            expected=RANGE_CHANCE * EDITIONS_A_YEAR[edition.kind],
        )


def index_signal_triggers(inputs: EditionInputs, edition: Edition) -> Iterator[AlertTrigger]:
    """Boroughs whose index signals in two weeks running.

    Two simulated years gave 3 and 5 false alarms where 3.5 were expected.
    """
    # An alert on a borough without an index would say something about a withheld figure.
    areas_shown = {estimate.domain for estimate in edition.index if estimate.value is not None}
    shown = np.array([code in areas_shown for code in inputs.codes], dtype=np.bool_)
    for code, far in signals.area_signals(inputs, shown).items():
        yield AlertTrigger(
            rule="index_signal",
            level="amber",
            domain=code,
            sentence=signals.area_signal_sentence(far),
            expected=series.expected_false_alarms(int(shown.sum()), WEEKS_A_YEAR),
        )


def funnel_triggers(edition: Edition) -> Iterator[AlertTrigger]:
    for funnel in edition.funnels:
        known = [spot for spot in funnel.spots if spot.place != "withheld"]
        for spot in known:
            sentence = FUNNEL_SENTENCES.get((funnel.measure, spot.place))
            if sentence:
                yield AlertTrigger(
                    rule=f"funnel_{funnel.measure}",
                    level="amber",
                    domain=spot.domain,
                    sentence=Sentence(sentence),
                    expected=FUNNEL_CHANCE * len(known) * EDITIONS_A_YEAR[edition.kind],
                )


def disparity_triggers(edition: Edition, last: Edition | None) -> Iterator[AlertTrigger]:
    """Ratios of use whose exact lower limit is above 1, but was not in the previous edition."""
    # Without an edition before, every ratio above 1 would count as new.
    if last is None:
        return
    before = {disparity.key for disparity in last.disparities if is_above_reference(disparity)}
    # What a ratio was by a benchmark that the last edition did not have, nobody knows.
    compared = {comparison_of(disparity) for disparity in last.disparities}
    known = [disparity for disparity in edition.disparities if disparity.exact.low is not None]
    for ratio in known:
        is_new = ratio.key not in before and comparison_of(ratio) in compared
        if is_new and is_above_reference(ratio):
            yield AlertTrigger(
                rule="disparity",
                level="amber",
                domain=edition.city,
                of=ratio.key,
                sentence=Sentence(
                    DISPARITY_SENTENCES[ratio.code],
                    per=Sentence(BENCHMARKS[ratio.benchmark].per),
                    group=group_label(ratio.dimension, ratio.group),
                    reference=group_label(ratio.dimension, ratio.reference),
                ),
                expected=RATIO_CHANCE * len(known) * EDITIONS_A_YEAR[edition.kind],
            )


def comparison_of(disparity: EditionDisparity) -> tuple[str, str, str]:
    return disparity.dimension, disparity.code, disparity.benchmark


def is_above_reference(disparity: EditionDisparity) -> bool:
    return (
        disparity.status != "withheld"
        and disparity.exact.low is not None
        and disparity.exact.low > 1
    )


def new_theme_triggers(edition: Edition) -> Iterator[AlertTrigger]:
    """New themes that ten texts or more of one stream mention."""
    for theme, name in {
        theme.theme: theme.name
        for theme in edition.themes
        if theme.new and theme.domain == edition.city and (theme.texts or 0) >= FEWEST_TEXTS
    }.items():
        yield AlertTrigger(
            rule="new_theme",
            level="amber",
            domain=edition.city,
            of=theme,
            sentence=Sentence("There is a new theme: “{name}”.", name=name),
        )


def missing_data_triggers(inputs: EditionInputs) -> Iterator[AlertTrigger]:
    editions = EDITIONS_A_YEAR[inputs.kind]
    answers = signals.areas_without_answers(inputs)
    if signals.has_no_deployments(inputs):
        yield city_trigger("feed_deployments", inputs.city)
    if answers.places:
        yield city_trigger("feed_answers", inputs.city, answers.by_chance * editions)
    if (chance := signals.chance_of_so_few_answers(inputs)) is not None:
        yield city_trigger("few_answers", inputs.city, chance * editions)


def weighting_triggers(edition: Edition) -> Iterator[AlertTrigger]:
    if is_unraked(edition):
        yield city_trigger("unraked", edition.city)
    if has_unequal_weights(edition):
        yield city_trigger("unequal_weights", edition.city)
    for alert in campaign_alerts(edition):
        yield AlertTrigger(
            rule="burst",
            level="data",
            domain=edition.city,
            of=alert.of,
            sentence=alert.sentence,
            until=alert.until,
        )


def is_unraked(edition: Edition) -> bool:
    """True if there are enough answers for an index but they could not be weighted to the
    residents.
    """
    if not edition.index or edition.index[0].value is not None or has_unequal_weights(edition):
        return False
    sound = edition.reliability is None or edition.reliability.publishable
    return sound and (edition.index[0].n or 0) >= FEWEST_RESPONDENTS


def has_unequal_weights(edition: Edition) -> bool:
    """Whether weights differ so much that the design effect is above 4."""
    return edition.weighting is not None and edition.weighting.flag == "red"


def gated_alerts(step: GateStep) -> tuple[Alert, ...]:
    """Publishable alerts with no figures but those that the gated edition has."""
    alerts = publishable_alerts(step.computed.alerts, step.computed.city)
    return tuple(
        replace(alert, figure=figure, figure_before=None if figure is None else alert.figure_before)
        for alert in alerts
        for figure in (alert_figure(step.gated, alert.rule, alert.domain, alert.of),)
    )


def publishable_alerts(alerts: Sequence[Alert], city: str) -> tuple[Alert, ...]:
    """Alerts of known rules.

    A single reported use is shown for the city only and without its story, and no borough is named
    for having sent nothing.
    """
    return tuple(
        replace(
            alert,
            domain=city,
            sentence=Sentence(CHILDREN_SENTENCES.get(alert.of) or REPORTED_SENTENCES[alert.rule]),
        )
        if alert.rule in REPORTED_SENTENCES
        else alert
        for alert in alerts
        # A rule in neither list is dropped: a new one has to be decided on before it is published.
        if alert.rule
        in (
            REPORTED_SENTENCES.keys()
            | (RULES_FOR_ANY_AREA if alert.domain != city else RULES_FOR_ANY_AREA | RULES_FOR_CITY)
        )
    )


CHAPTER = Chapter(
    name="alerts",
    compute=compute,
    gates={"alerts": gated_alerts, "actions": "plain"},
    structs={
        Alert: treatments(
            plain="key rule level standing since until owner action of unit",
            gated="domain sentence figure figure_before",
            digits="expected_a_year",
        ),
        Action: treatments(plain="id what owner due status agreed_on outcome"),
    },
    derive=derive,
)
