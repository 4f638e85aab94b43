"""How often a community trigger will be set off if things go on as in the past year."""

from collections.abc import Sequence

import scipy

from survey.scrutiny.triggers import DAYS_OF_PAST, PERIODS_A_YEAR, CommunityTrigger

DAYS_A_YEAR = 365.25


def expected_a_year(trigger: CommunityTrigger, past: Sequence[int]) -> float:
    """The number of times a year that a trigger is set off where nothing changes.

    `past` the complaints of each borough in the past year. Of a number: Σ_b K·P(N ≥ least), K the
    periods of a year, N Poisson with the mean of borough b in a period: these would all be false
    alarms. Every other trigger is set off by each complaint: Σ past.
    Where complaints come together, more are set off than this says.
    Source: Johnson, Kemp & Kotz (2005) ch. 4.
    """
    a_year = [count * DAYS_A_YEAR / DAYS_OF_PAST for count in past]
    if trigger.kind != "number":
        return float(sum(a_year))
    periods = PERIODS_A_YEAR[trigger.period]
    return float(
        sum(periods * scipy.stats.poisson.sf(trigger.least - 1, one / periods) for one in a_year)
    )
