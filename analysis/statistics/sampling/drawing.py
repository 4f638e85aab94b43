"""Draws the texts that people code: at random within strata, with known probabilities."""

from collections.abc import Sequence

import msgspec
import numpy as np

FEWEST_OF_STRATUM = 2


class DrawnText(msgspec.Struct, frozen=True):
    """One text that was drawn, its stratum and its probability of being drawn."""

    text: str
    stratum: str
    probability: float


def draw_sample(
    texts: Sequence[str], strata: Sequence[str], *, size: int, seed: int
) -> list[DrawnText]:
    """A stratified random sample without replacement of `size` texts, or all where they are fewer.

    Each stratum gets a number in proportion to the square root of its texts (power allocation,
    Bankier 1988), so that rare ones are represented, and two at least where it has them. The
    chance of a text is number / texts of its stratum. The same seed and texts give the same sample
    in whatever order the texts come. Errors: ValueError where not each text has one stratum.
    """
    rng = np.random.default_rng(seed)
    found = []
    order = sorted(zip(strata, texts, strict=True))
    members: dict[str, list[str]] = {}
    for stratum, text in order:
        members.setdefault(stratum, []).append(text)
    numbers = allocation([len(mine) for mine in members.values()], size)
    for (stratum, mine), number in zip(members.items(), numbers, strict=True):
        chosen = rng.choice(len(mine), size=number, replace=False)
        found += [DrawnText(mine[i], stratum, number / len(mine)) for i in sorted(chosen)]
    return found


def allocation(sizes: Sequence[int], size: int) -> list[int]:
    """Sample size of each stratum: never more than it has, and `size` in total where possible.

    Two each first; then one after another to where √N / (n + 1) is largest, N the texts of the
    stratum and n those that it has been given.
    """
    given = [min(n, FEWEST_OF_STRATUM) for n in sizes]
    for _ in range(min(size, sum(sizes)) - sum(given)):
        wanting = (i for i, n in enumerate(sizes) if given[i] < n)
        given[max(wanting, key=lambda i: sizes[i] ** 0.5 / (given[i] + 1))] += 1
    return given


def rarest_themes(themes: Sequence[Sequence[str]]) -> list[str]:
    """For each text its theme that fewest texts mention; "none" without a theme."""
    count: dict[str, int] = {}
    for theme in (one for mine in themes for one in mine):
        count[theme] = count.get(theme, 0) + 1
    return [min(mine, key=lambda one: (count[one], one), default="none") for mine in themes]
