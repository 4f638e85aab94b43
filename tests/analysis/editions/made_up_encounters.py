"""Surveys of people whom the police met: one with usual numbers, and one with random numbers."""

import datetime

from survey.surveys.encounters import EncounterAnswers, QuestionCounts, Tally, WaveSums

SINCE = datetime.date(2008, 4, 3)
GROUPS = {
    "kind": {"Stop and search": (430, 150), "Use of force": (120, 41), "Victim": (63, 21)},
    "area": {"E09000012": (310, 117), "E09000025": (303, 95)},
    "age": {"16-24": (203, 41), "25-34": (180, 70), "35-44": (223, 98), "65+": (7, 3)},
    "sex": {"Female": (301, 112), "Male": (312, 100)},
    "ethnicity": {"Black": (203, 71), "White": (410, 141)},
}


def answers(**changes):
    fields = {
        "survey": "after-the-police",
        "title": "After the police met you",
        "since": SINCE,
        "waves": 2,
        "first_day": datetime.date(2008, 2, 1),
        "last_day": datetime.date(2008, 5, 20),
        "never_asked": ("under_16", "domestic_abuse"),
        "sums": WaveSums(
            Tally(613, 212),
            {
                dimension: {name: Tally(*one) for name, one in of.items()}
                for dimension, of in GROUPS.items()
            },
        ),
        "outcomes": {"refused": 12, "undelivered": 31, "ineligible": 8},
        "questions": (
            question("respect", "Did they treat you with respect?", 203, (95, 66, 42)),
            question("reason", "Did they say why?", 61, (28, 18, 15)),
            question("done", "What did they do?", 140, (90, 61, 7), several=True),
            question("few", "Did you complain?", 18, (11, 4, 3)),
        ),
    }
    return EncounterAnswers(**fields | changes)


def question(item, text, base, counts, *, several=False):
    named = dict(zip(("Yes, fully", "Partly", "No"), counts, strict=True))
    return QuestionCounts(item=item, text=text, several=several, base=base, counts=named)


def random_answers(dice):
    """Groups and answers of random size, with small ones among them."""
    groups = {}
    for dimension, of in GROUPS.items():
        asked = [dice.choice((0, 2, 7, 40, dice.randrange(200))) for _ in of]
        pairs = [(one, dice.randint(0, one)) for one in asked]
        groups[dimension] = {name: Tally(*one) for name, one in zip(of, pairs, strict=True)}
    most = max(sum(one.asked for one in of.values()) for of in groups.values())
    answered = max(sum(one.answered for one in of.values()) for of in groups.values())
    counts = [dice.choice((0, 1, 3, 8, dice.randrange(60))) for _ in range(3)]
    base = sum(counts) + dice.choice((0, 0, 2))
    return answers(
        sums=WaveSums(Tally(most, answered), groups),
        outcomes={name: dice.randrange(9) for name in ("refused", "ineligible")},
        questions=(question("respect", "Respect?", base, counts),),
    )
