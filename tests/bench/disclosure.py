"""What the gate costs, and whether all that it hides stays hidden.

`python -m tests.bench.disclosure [how many of each kind to attack] [seed] ...`, a minute or more a
seed.

For each simulated year and account: the figures told, the hidden ones among them, those of these
that are large enough in themselves, and of the small ones how many were attacked and how many an
attacker worked out.
"""

import sys
from collections import Counter

from tests.unit import simulated_year
from tests.unit.editions import LONDON
from tests.unit.simulated_year import Year
from tests.unit.test_disclosure_attack import (
    ACCOUNTS,
    Attack,
    hidden_and_small,
    leaks,
    most_exposed,
)


def main() -> None:
    many, *seeds = map(int, sys.argv[1:] or ("12", "2008"))
    for seed in seeds:
        year = Year(seed)
        editions = simulated_year.told(year)
        for account in ACCOUNTS:
            attack = Attack(account, editions)
            rows = most_exposed(attack, hidden_and_small(attack, year), many)
            found = list(leaks(attack, rows))
            sys.stdout.write(f"{seed} {account}: {len(rows)} attacked, {len(found)} worked out\n")
            for name, (told, hidden, large) in sorted(cost(attack, year).items()):
                sys.stdout.write(
                    f"    {name}: {told} told, {hidden} hidden, {large} of them large\n"
                )


def cost(attack: Attack, year: Year) -> dict[str, tuple[int, int, int]]:
    """By kind of figure, the city's own apart."""
    told: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for one in attack.told:
        name = f"{one.series[0]}{', city' if one.series[-1] == LONDON else ''}"
        told[name] += 1
        if one.shown is None:
            hidden[name] += 1
            large[name] += year.true(one.series, one.days) >= one.rule.fewest
    return {name: (told[name], hidden[name], large[name]) for name in told}


if __name__ == "__main__":
    main()
