"""How many figures the disclosure gate withholds, and whether all of them stay hidden.

`python -m tests.bench.disclosure [how many of each kind to attack] [seed] ...`, a minute or
more a seed.

For each simulated year and account: how many figures there are, how many are withheld, how many
of those are large enough in themselves; and of the small ones, how many were attacked and how
many an attacker could work out.
"""

import sys
from collections import Counter

from tests.analysis.disclosure.test_disclosure_attack import (
    ACCOUNTS,
    DisclosureAttack,
    leaks,
    most_exposed,
    small_hidden_figures,
)
from tests.analysis.editions import simulated_year
from tests.analysis.editions.made_up_edition import LONDON
from tests.analysis.editions.simulated_year import SimulatedYear


def main() -> None:
    many, *seeds = map(int, sys.argv[1:] or ("12", "2008"))
    for seed in seeds:
        year = SimulatedYear(seed)
        editions = simulated_year.published_editions(year)
        for account in ACCOUNTS:
            attack = DisclosureAttack(account, editions)
            rows = most_exposed(attack, small_hidden_figures(attack, year), many)
            found = list(leaks(attack, rows))
            sys.stdout.write(f"{seed} {account}: {len(rows)} attacked, {len(found)} worked out\n")
            for name, (total, hidden, large) in sorted(figure_counts(attack, year).items()):
                sys.stdout.write(
                    f"    {name}: {total} told, {hidden} hidden, {large} of them large\n"
                )


def figure_counts(attack: DisclosureAttack, year: SimulatedYear) -> dict[str, tuple[int, int, int]]:
    """By kind of figure, with those of the city apart: all, withheld, and withheld though large."""
    total: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for one in attack.told:
        name = f"{one.series[0]}{', city' if one.series[-1] == LONDON else ''}"
        total[name] += 1
        if one.shown is None:
            hidden[name] += 1
            large[name] += year.true(one.series, one.days) >= one.rule.fewest
    return {name: (total[name], hidden[name], large[name]) for name in total}


if __name__ == "__main__":
    main()
