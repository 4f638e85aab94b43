"""A hierarchy of candidate themes, each with a label and quotes, that is cut at any number."""

import functools
import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from textblob import en

from analysis.text.personal_data.names import WORDS
from analysis.themes import clusters
from analysis.themes.clusters import ClusterTree
from survey.themes.codebooks import CandidateTheme

Rows = NDArray[np.float32]

# Negation stays: what is missing is often the point ("no explanation").
NEGATIONS = frozenset({"no", "not", "never", "cannot"})
STOP = frozenset(ENGLISH_STOP_WORDS - NEGATIONS - {"fire"}) | WORDS.everywhere
LONGEST = 30
MOST_WORDS = 3
MOST_PHRASES = 6
MOST_CANDIDATES = 50
FEWEST_CANDIDATES = 20
QUOTES = 4
CENTRAL = 15
# Fewer words name a thing and say nothing about it.
WORDS_OF_QUOTE = 6
READ_FOR_PHRASES = 400
# The next phrase is near the group's centre (.7) and far from the phrases before it (.3). From the
# nearness half of that to the middle of all groups is subtracted.
NEARNESS = 0.7
CONTRAST = 0.5
# TextBlob's chunker splits "n't" in two, so it is written out before.
CONTRACTED_NOT = re.compile(r"n['’]t\b")
WORD = re.compile(r"[a-z0-9][a-z0-9'&-]*")
# Ordinals, hours and numbers tell one case from another; of three figures they are ones to call.
NUMBER = re.compile(r"\d{1,2}(st|nd|rd|th|am|pm)?|\d{4,}|\d+(-\d+)+")
KINDS = {
    **dict.fromkeys(("NN", "NNS", "NNP", "NNPS"), "N"),
    **dict.fromkeys(("JJ", "JJR", "JJS"), "J"),
    **dict.fromkeys(("DT", "PRP$"), "D"),
    "VBG": "G",
}
"""A letter for each kind of word that a name may have, by its tag."""
NOUN_PHRASE = re.compile("(?:GD?)?J*N+|NON")
# The parser takes these for verbs.
AS_PREPOSITIONS = frozenset({"regarding", "including", "concerning", "following", "considering"})
ALWAYS_NOUNS = frozenset({"policing"})
PAUSE = re.compile(r"[.,;:!?()\"\n]+")
Numbers = NDArray[np.int_]
NAMES = 3
MOST_ALIKE = 0.9
READ_PER_LEAF = 200
# What more of the other texts say is how people write here, and no name.
TOO_COMMON = 0.12
PARSED = 40


def says_something(text: str) -> bool:
    """Whether any word of the text is more than a stop word."""
    return any(len(word) > 1 and word not in STOP for word in WORD.findall(text.lower()))


@functools.cache
def noun_chunker() -> en.Parser:
    """TextBlob's parser, word lists loaded; 0.20.1 leaves their files open, so Python warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        en.parser.parse("She was Walrusish in Upminster.")
    return en.parser


def word_kinds(text: str) -> list[tuple[str, str]]:
    """The words of a text in small letters with N for a noun, J for an adjective, O for "of" and
    a dot for all else, by TextBlob's parser (the one that needs no corpora).
    """
    parsed = noun_chunker().parse(CONTRACTED_NOT.sub(" not", text[:READ_FOR_PHRASES]))
    tokens = (token for sentence in parsed.split() for token in sentence)
    return [(word.lower(), kind_of(word.lower(), tag)) for word, tag, *_ in tokens]


def kind_of(word: str, tag: str) -> str:
    if word in ALWAYS_NOUNS:
        return "N"
    if word in AS_PREPOSITIONS:
        return "."
    return "O" if word == "of" else KINDS.get(tag.partition("-")[0], ".")


def noun_phrases(text: str) -> set[str]:
    """The noun phrases of one to three words: "street lighting", "quality of service", and what
    somebody does with one: "banning ads".
    """
    words, kinds = zip(*word_kinds(text), strict=True) if text.strip() else ((), ())
    spans = (
        (start, end)
        for start in range(len(words))
        for end in range(start + 1, min(start + MOST_WORDS, len(words)) + 1)
        if NOUN_PHRASE.fullmatch("".join(kinds[start:end]))
    )
    return {" ".join(words[start:end]) for start, end in spans if may_name(words[start:end])}


def may_name(words: Sequence[str]) -> bool:
    """Whether the first and last words carry meaning, and each word has 2 to 30 characters."""
    # "People" alone says nothing, "young people" does.
    stop = STOP if len(words) == 1 else ENGLISH_STOP_WORDS
    return not {words[0], words[-1]} & stop and all(
        1 < len(word) <= LONGEST and WORD.fullmatch(word) for word in words
    )


def word_runs(text: str) -> set[str]:
    """Runs of one to three words between pauses, with no stop word at either end."""
    runs = set()
    for part in PAUSE.split(text.lower().replace("’", "'")):
        words = WORD.findall(part)
        telling = [word not in STOP and 1 < len(word) <= LONGEST for word in words]
        for start, is_telling in enumerate(telling):
            for end in range(start, min(start + MOST_WORDS, len(words)) if is_telling else start):
                if telling[end] and max(map(len, words[start : end + 1])) <= LONGEST:
                    runs.add(" ".join(words[start : end + 1]))
    return runs


def phrase_counts(texts: Sequence[str]) -> Counter[str]:
    """In how many of the texts each run of words occurs."""
    return Counter(phrase for text in texts for phrase in sorted(word_runs(text)))


def candidate_phrases(own: Counter[str], everywhere: Counter[str], groups: int) -> list[str]:
    """The 50 weightiest phrases of a group by c-TF-IDF, its texts read as one document.

    tf log(1 + A / f): tf the phrase's share of the group, f its count in all `groups` groups, A the
    mean length of a group (Grootendorst 2022). Only phrases that occur twice, if there are twenty.
    """
    repeated = Counter({phrase: count for phrase, count in own.items() if count > 1})
    candidates = repeated if len(repeated) >= FEWEST_CANDIDATES else own
    length = everywhere.total() / groups
    weight = {
        phrase: count * float(np.log1p(length / everywhere[phrase]))
        for phrase, count in candidates.items()
    }
    return sorted(weight, key=lambda phrase: (-weight[phrase], phrase))[:MOST_CANDIDATES]


def key_phrases(phrases: Sequence[str], rows: Rows, centre: Rows, middle: Rows) -> tuple[str, ...]:
    """Phrases by maximal marginal relevance (Carbonell and Goldstein 1998) over their vectors.

    `rows` (phrases, d), `centre` (d) of the group and `middle` (d) of all groups, of length 1. A
    phrase is skipped if all its words occur in one chosen before, or the reverse.
    """
    near = rows @ centre - CONTRAST * (rows @ middle)
    chosen: list[int] = []
    while len(chosen) < MOST_PHRASES:
        left = [
            place
            for place, phrase in enumerate(phrases)
            if all(word_overlap(phrase, phrases[chosen_place]) < 1 for chosen_place in chosen)
        ]
        if not left:
            break
        repeats = (rows[left] @ rows[chosen].T).max(axis=1) if chosen else np.zeros(len(left))
        # Rounded, because two processors differ in the last digits and would choose other phrases.
        worth = (NEARNESS * near[left] - (1 - NEARNESS) * repeats).round(5)
        chosen.append(left[int(np.argmax(worth))])
    return tuple(phrases[place] for place in chosen)


def word_overlap(key_phrase: str, other: str) -> float:
    """The share of the shorter phrase's words (by five letters) that the other has too."""
    # Five letters, so that "stopped" and "stopping" count as one word.
    first, second = ({word[:5] for word in phrase.split()} for phrase in (key_phrase, other))
    return len(first & second) / min(len(first), len(second))


def central_quotes(texts: Sequence[str], nearness: Rows, space: Rows) -> tuple[str, ...]:
    """The shortest of the 15 most central texts with six words or more, if there is one, then three
    texts most unlike those chosen before.
    """
    central = [int(place) for place in np.argsort(-nearness.round(5), kind="stable")[:CENTRAL]]
    telling = [place for place in central if len(texts[place].split()) >= WORDS_OF_QUOTE] or central
    chosen = [min(telling, key=lambda place: (len(texts[place]), texts[place]))]
    while len(chosen) < QUOTES and (left := [place for place in central if place not in chosen]):
        likeness = (space[left] @ space[chosen].T).round(5)
        chosen.append(left[int(np.argmin(likeness.max(axis=1)))])
    return tuple(texts[place] for place in chosen)


class ThemeHierarchy:
    """Different texts in a tree; `proposed` is the number of themes that the method prefers.

    `texts` (n) are sorted, `counts` (n) how often each was written, `vectors` (n, d) of length 1;
    `read` turns phrases into vectors.
    """

    def __init__(
        self,
        texts: Sequence[str],
        counts: Numbers,
        vectors: Rows,
        tree: ClusterTree,
        proposed: int,
        read: Callable[[list[str]], Rows],
    ) -> None:
        self.texts, self.counts, self.vectors, self.tree = texts, counts, vectors, tree
        self.proposed = proposed
        self.read = read
        self.known: dict[str, Rows] = {}
        self.named: dict[int, CandidateTheme] = {}

    def __len__(self) -> int:
        """The largest possible number of themes."""
        return self.tree.leaves if len(self.texts) else 0

    def at(self, groups: int) -> list[CandidateTheme]:
        """Candidates at a cut into `groups` groups, largest first; each is named once.

        No two labels are alike (cosine .9): the smaller of two is labelled with its next phrase.
        """
        if not len(self.texts):
            return []
        candidates = [self.candidate(node) for node in self.tree.nodes(groups)]
        return with_distinct_labels(
            sorted(candidates, key=lambda candidate: (-candidate.size, candidate.label)), self.rows
        )

    def members(self, groups: int) -> dict[str, list[str]]:
        """The different texts under each candidate at a cut, by its first quote."""
        return {
            self.candidate(node).quotes[0]: [self.texts[row] for row in self.under(node)]
            for node in self.tree.nodes(groups)
        }

    def candidate(self, node: int) -> CandidateTheme:
        if node not in self.named:
            self.named[node] = self.name(node)
        return self.named[node]

    def name(self, node: int) -> CandidateTheme:
        under = self.under(node)
        centre = self.centre(under)
        some = candidate_phrases(self.telling_phrases(node), self.everywhere, self.tree.leaves)
        phrases = key_phrases(some, self.rows(some), centre, self.middle) if some else ()
        own = self.telling_phrases(node)
        nouns = Counter({phrase: n for phrase, n in own.items() if phrase in self.nouns})
        some = candidate_phrases(nouns, self.everywhere, self.tree.leaves)
        names = key_phrases(some, self.rows(some), centre, self.middle)[:NAMES] if some else ()
        nearness = self.vectors[under] @ centre
        quotes = central_quotes([self.texts[row] for row in under], nearness, self.vectors[under])
        return CandidateTheme(
            label=as_name(names[0]) if names else quotes[0][:60],
            words=tuple(dict.fromkeys((*names, *phrases)))[:MOST_PHRASES],
            quotes=quotes,
            size=int(self.counts[under].sum()),
        )

    def telling_phrases(self, node: int) -> Counter[str]:
        """In how many of the texts read under a node each phrase occurs. Left out are numbers, a
        final "not", and phrases whose words are all in more than 12 % of the texts read
        elsewhere.
        """
        leaves = self.tree.under(node)
        own = sum((self.leaf_phrases[leaf] for leaf in leaves), Counter[str]())
        elsewhere = sum(self.texts_read) - sum(self.texts_read[leaf] for leaf in leaves)
        most = TOO_COMMON * elsewhere
        common = {word for word, n in own.items() if self.everywhere[word] - n > most}
        telling = {
            phrase: n
            for phrase, n in own.items()
            if phrase not in common
            and phrase.split()[-1] not in NEGATIONS
            and not common.issuperset((words := set(phrase.split())) - STOP)
            and not any(NUMBER.fullmatch(word) for word in words)
        }
        return Counter(telling or own)

    def under(self, node: int) -> Numbers:
        return np.flatnonzero(np.isin(self.tree.leaf, self.tree.under(node)))

    def centre(self, rows: Numbers) -> Rows:
        centre: Rows = clusters.unit_rows(self.vectors[rows].mean(axis=0, keepdims=True))[0]
        return centre

    @cached_property
    def middle(self) -> Rows:
        """The mean of the centres of all leaves, near which every text lies."""
        rows: Rows = clusters.unit_rows(
            clusters.group_centres(self.vectors, self.tree.leaf).mean(axis=0, keepdims=True)
        )[0]
        return rows

    @cached_property
    def leaf_phrases(self) -> list[Counter[str]]:
        """The phrases of each leaf, counted in those of its texts that are nearest to its
        centre.
        """
        return [
            phrase_counts([self.texts[row] for row in self.nearest(leaf)])
            for leaf in range(self.tree.leaves)
        ]

    @cached_property
    def nouns(self) -> frozenset[str]:
        """The noun phrases of the texts nearest to each leaf."""
        parsed = (row for leaf in range(self.tree.leaves) for row in self.nearest(leaf)[:PARSED])
        return frozenset(phrase for row in parsed for phrase in noun_phrases(self.texts[row]))

    @cached_property
    def texts_read(self) -> list[int]:
        """How many texts of each leaf were read for phrases."""
        return [len(self.nearest(leaf)) for leaf in range(self.tree.leaves)]

    @cached_property
    def everywhere(self) -> Counter[str]:
        return sum(self.leaf_phrases, Counter[str]())

    def nearest(self, leaf: int) -> Numbers:
        under = self.under(leaf)
        nearness = (self.vectors[under] @ self.centre(under)).round(5)
        return under[np.argsort(-nearness, kind="stable")[:READ_PER_LEAF]]

    def rows(self, phrases: Sequence[str]) -> Rows:
        """Vectors of phrases, each read once."""
        new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self.known]
        if new:
            self.known.update(zip(new, self.read(new), strict=True))
        return np.array([self.known[phrase] for phrase in phrases])


def as_name(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def with_distinct_labels(
    themes: Sequence[CandidateTheme], rows: Callable[[Sequence[str]], Rows]
) -> list[CandidateTheme]:
    candidates: list[CandidateTheme] = []
    for theme in themes:
        # The last one always differs, because of its number: every theme needs a label.
        further = map(as_name, theme.words[1:NAMES])
        tries = [theme.label, *further, f"{theme.label} ({len(candidates) + 1})"]
        taken = [candidate.label for candidate in candidates]
        label = next((name for name in tries if name and is_distinct(name, taken, rows)), tries[-1])
        candidates.append(
            CandidateTheme(label=label, words=theme.words, quotes=theme.quotes, size=theme.size)
        )
    return candidates


def is_distinct(label: str, taken: list[str], rows: Callable[[Sequence[str]], Rows]) -> bool:
    if not taken:
        return True
    return label not in taken and float((rows(taken) @ rows([label])[0]).max()) < MOST_ALIKE
