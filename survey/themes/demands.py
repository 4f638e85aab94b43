"""Demands: something that is asked of the police or the council, and who is for or against it; and
campaigns, in which many people send nearly the same words.
"""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from survey.problems import Conflict, NotFound
from survey.themes.codebooks import Polarity
from survey.themes.double_coding import AccuracyEstimate, ReadBy

Stance = Literal["for", "against", "conditions", "none"]
TAKEN: tuple[Stance, ...] = ("for", "against", "conditions")
"""The stances of a text that takes one; "none" says nothing of the demand, or nobody can tell."""
STANCES: tuple[Stance, ...] = (*TAKEN, "none")

LONGEST_SENTENCE = 80
MOST_WORDS = 12
FEWEST_TO_LEARN = 20
# A person labels a text in some five seconds; learning again takes the machine about as long.
RELEARN_EVERY = 5
FEWEST_OF_STREAM = 40
STANCE_PASS_MARK = 0.50
# Words and short phrases: letters and digits, so that nothing in them is a pattern.
WORD = re.compile(r"[^\W_]+(?:[ '’-][^\W_]+){0,3}")
WORD_LENGTHS = range(3, 31)
LONGEST_NAME = 80


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, in one sentence, and which texts are about it.

    A text is about the demand if it is of `campaign`, or if it has one of the `themes` and one of
    the `words`; without themes the words are enough, without words the themes. `themes` are ids of
    version `codebook`. The literature on stance detection calls a demand the target.
    """

    id: str
    sentence: str
    themes: tuple[str, ...]
    words: tuple[str, ...]
    codebook: int
    campaign: str | None = None

    def pattern(self) -> str:
        """A regular expression of PostgreSQL for words that begin with a word of the demand."""
        return rf"\m({'|'.join(map(re.escape, self.words))})" if self.words else ""


class StanceReading(msgspec.Struct, frozen=True, kw_only=True):
    """How well the machine tells stances apart after `labels` texts of a demand were labelled.

    `accuracy` is its balanced accuracy on texts that it did not learn from; `curve` is the balanced
    accuracy after fewer labels, as pairs (labels, balanced accuracy).
    """

    labels: int
    accuracy: AccuracyEstimate
    curve: tuple[tuple[int, float], ...] = ()


def is_word(word: str) -> bool:
    return len(word) in WORD_LENGTHS and WORD.fullmatch(word) is not None


unknown_demand = NotFound.of(
    "demand.unknown", "There is no such demand.", "Look at the list of demands."
)
unknown_demand_text = NotFound.of(
    "demand.text_unknown",
    "This text is not about the demand any more, or it was erased.",
    "Go on with the next text.",
)
existing_demand = Conflict.of(
    "demand.exists", "There is already a demand with this sentence.", "Open that one."
)


class EditionCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as an edition shows it: how many texts of one stream, on what, and when.

    Nothing identifies who sent them. `name` says what it asks for and `tone` how it is meant, both
    as a person decided; they are empty where nobody has. `reworded` if ten texts or more say it in
    other words.
    """

    id: str
    stream: str
    themes: tuple[str, ...]
    texts: int
    first: datetime.date
    last: datetime.date
    name: str = ""
    tone: str = ""
    reworded: bool = False

    @property
    def read_by(self) -> ReadBy:
        """Who read the campaign's themes and tone: people or the machine."""
        return "people" if self.tone else "machine"


class CampaignCoding(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided for all texts of a campaign.

    `name` says in a few words what it asks for; editions print it. `themes` are ids of version
    `codebook`.
    """

    campaign: str
    name: str
    tone: Polarity
    themes: tuple[str, ...]
    codebook: int


def matching_campaigns(
    groups: Sequence[Sequence[str]], before: Mapping[str, str]
) -> list[str | None]:
    """The known campaign that each group of texts belongs to, or None for a new one.

    A group belongs to the campaign with which it shares most texts; `before` gives the campaign of
    each text. No campaign is used twice: of several groups that share texts with one campaign, the
    group that shares most gets it.
    """
    shared = [
        # Negative, so that one sort has the largest overlap first and settles equal ones alike
        # every week.
        (-many, campaign, place)
        for place, texts in enumerate(groups)
        for campaign, many in Counter(before[t] for t in texts if t in before).items()
    ]
    matches: list[str | None] = [None] * len(groups)
    for _, campaign, place in sorted(shared):
        if matches[place] is None and campaign not in matches:
            matches[place] = campaign
    return matches
