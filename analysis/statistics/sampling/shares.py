"""How many texts mention a theme and in what tone; a share has an interval for samples only."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.statistics.sampling.estimates import Means, finite_or_none, means
from analysis.statistics.sampling.proportions import korn_graubard
from analysis.statistics.sampling.streams import Feedback, Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Projection
from survey.editions.chapters.themes import ThemeShare


def net_sentiment(
    polarity: Floats,
    sample: Sample,
    *,
    domain: Ints | None = None,
    domains: int | None = None,
    projection: Projection | None = None,
) -> Means:
    """Net sentiment -100 to 100: the weighted mean of -1, 0 and +1, times 100.

    `polarity` one entry a text, NaN where it could not be scored. The error is that of
    sampling; how often the machine misreads a text is not in it. Other arguments and errors as for
    `estimates.means`. Source: statistics.md 2.7.
    """
    return means(100 * polarity, sample, domain=domain, domains=domains, projection=projection)


def sampled_theme_shares(
    spoken: Flags,
    polarity: Floats,
    *,
    names: Sequence[tuple[str, str]],
    sample: Sample,
    domain: str,
) -> list[ThemeShare]:
    """The share of residents whose text mentions each theme, with Korn-Graubard limits.

    `spoken` texts x themes; `polarity` as in `net_sentiment`; `names` id and name of each theme;
    `domain` whose texts these are. `low` and `high` are the limits of the share (0 to 1).
    Errors: Problem `streams.mixed` for open texts.
    Source: Korn & Graubard (1998).
    """
    found = []
    for i, (theme, name) in enumerate(names):
        share = means(spoken[:, i].astype(float), sample)
        limits = korn_graubard(share)
        tone = net_sentiment(np.where(spoken[:, i], polarity, np.nan), sample)
        found.append(
            ThemeShare(
                theme=theme,
                name=name,
                stream=sample.mode,
                domain=domain,
                texts=int(spoken[:, i].sum()),
                share=finite_or_none(share.value[0]),
                net_sentiment=finite_or_none(tone.value[0]),
                low=finite_or_none(limits.low[0]),
                high=finite_or_none(limits.high[0]),
            )
        )
    return found


def open_theme_shares(
    spoken: Flags,
    polarity: Floats,
    *,
    names: Sequence[tuple[str, str]],
    feedback: Feedback,
    domain: str,
    described: bool = False,
    voice: Floats | None = None,
) -> list[ThemeShare]:
    """How many of the texts received mention each theme: a count and no interval.

    `described` adds the share and the net sentiment of the texts received, which describe those
    texts and nobody else; there is still no interval. `voice` is each text's weight when a campaign
    counts once; with it the same figures are given for voices. Arguments as in
    `sampled_theme_shares`.
    Errors: ValueError where the number of texts differs from the feedback.
    """
    if len(spoken) != len(feedback):
        raise ValueError("one row a text")
    return [
        ThemeShare(
            theme=theme,
            name=name,
            stream=feedback.mode,
            domain=domain,
            texts=int(spoken[:, i].sum()),
            share=plain_mean(spoken[:, i].astype(float)) if described else None,
            net_sentiment=plain_mean(100 * polarity[spoken[:, i]]) if described else None,
            low=None,
            high=None,
            **({} if voice is None else voice_figures(spoken[:, i], polarity, voice)),
        )
        for i, (theme, name) in enumerate(names)
    ]


def voice_figures(spoken: Flags, polarity: Floats, voice: Floats) -> dict[str, Any]:
    """Number, share and net sentiment of the voices that mention a theme."""
    counted = float(voice[spoken].sum())
    scored = spoken & np.isfinite(polarity)
    heard = float(voice[scored].sum())
    return {
        "voices": round(counted),
        "voice_share": counted / float(voice.sum()) if len(voice) else None,
        "voice_net_sentiment": float(100 * polarity[scored] @ voice[scored] / heard)
        if heard
        else None,
    }


def plain_mean(value: Floats) -> float | None:
    scored = value[np.isfinite(value)]
    return float(scored.mean()) if len(scored) else None
