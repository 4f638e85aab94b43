"""The published figure that an alert is about, so that a list of alerts can show it."""

from collections.abc import Callable

from survey.editions.chapters.alerts import AlertUnit
from survey.editions.edition import Edition
from survey.editions.figures import Rate

# The figure of an edition for a place and for what the alert is about.
FigureOfAlert = Callable[[Edition, str, str], float | None]


def index_value(edition: Edition, domain: str, _of: str) -> float | None:
    return next((one.value for one in edition.index if one.domain == domain), None)


def rate_value(rates: tuple[Rate, ...], domain: str) -> float | None:
    return next((one.per_10_000 for one in rates if one.domain == domain), None)


def deployment_rate(edition: Edition, domain: str, _of: str) -> float | None:
    return rate_value(edition.deployments, domain)


def complaint_rate(edition: Edition, domain: str, _of: str) -> float | None:
    return rate_value(edition.complaints, domain)


def period_deployments(edition: Edition, _domain: str, _of: str) -> float | None:
    return edition.this_period.events if edition.this_period else None


def uses_on_children(edition: Edition, _domain: str, _of: str) -> float | None:
    return next((one.period for one in edition.persons if one.kind == "under_18"), None)


def complaints_received(edition: Edition, domain: str, _of: str) -> float | None:
    return next((one.complaints for one in edition.received if one.domain == domain), None)


def answers_received(edition: Edition, domain: str, _of: str) -> float | None:
    return next((one.sampled for one in edition.received if one.domain == domain), None)


def disparity_ratio(edition: Edition, _domain: str, of: str) -> float | None:
    return next((one.shown.value for one in edition.disparities if one.key == of), None)


def theme_texts(edition: Edition, domain: str, of: str) -> float | None:
    """The texts on the theme in the stream that has most of them."""
    found = [one.texts or 0 for one in edition.themes if (one.theme, one.domain) == (of, domain)]
    return max(found, default=0) or None


def campaign_texts(edition: Edition, _domain: str, of: str) -> float | None:
    return next((one.texts for one in edition.campaigns if f"{one.id}:{one.stream}" == of), None)


FIGURES: dict[str, tuple[AlertUnit, FigureOfAlert]] = {
    "index_signal": ("points", index_value),
    "funnel_index": ("points", index_value),
    "funnel_deployments": ("per_10_000", deployment_rate),
    "funnel_complaints": ("per_10_000", complaint_rate),
    "deployments_range": ("deployments", period_deployments),
    "under_18": ("deployments", uses_on_children),
    "complaints_limit": ("complaints", complaints_received),
    "few_answers": ("answers", answers_received),
    "disparity": ("ratio", disparity_ratio),
    "new_theme": ("texts", theme_texts),
    "burst": ("texts", campaign_texts),
}


def alert_unit(rule: str) -> AlertUnit:
    """What the figure of an alert of this rule counts; empty if it has none."""
    return FIGURES[rule][0] if rule in FIGURES else ""


def alert_figure(edition: Edition | None, rule: str, domain: str, of: str = "") -> float | None:
    """The figure of an alert in this edition; None where it is withheld, or where there is none."""
    if edition is None or rule not in FIGURES:
        return None
    found = FIGURES[rule][1](edition, domain, of)
    return None if found is None else float(found)
