"""The lists of words that are treated in a way of their own, as pages print them."""

from typing import NamedTuple

from analysis.text import courtesies, lexicons, masked_words


class WordListGroup(NamedTuple):
    """Words that are on the list for the same reason."""

    reason: str
    words: tuple[str, ...]


class WordList(NamedTuple):
    """One list: what is done with its words, and its version."""

    key: str
    title: str
    does: str
    version: int
    groups: tuple[WordListGroup, ...]

    @property
    def size(self) -> int:
        return sum(len(group.words) for group in self.groups)


TITLES = {
    "neutral": "Words without a tone",
    "phrases": "Phrases without a tone",
    "courtesies": "Courtesies",
    "wishes": "Hopes and wishes",
    "victims": "Somebody died or was hurt",
    "helpers": "Somebody may have helped",
    "masked": "Words of who somebody is",
    "added": "Words of praise and blame that we added",
}
PURPOSES = {
    "neutral": "Both lexicons would price these words. They are taken out of them: to mention a "
    "Taser, an arrest or a group of people is no judgement.",
    "phrases": "These are taken out of a text before the lexicons read it.",
    "courtesies": "A sentence, or the beginning or end of one, that begins like this and only "
    "thanks for being asked, greets, hopes to be read or says goodbye is left out before a text is "
    "read: it speaks to whoever asks, not of the police. A text that is nothing else stays as it "
    "is.",
    "wishes": "A text whose every sentence begins like this says what somebody would like, and not "
    "that the police did well: it may be read as negative or neutral, never as positive. One that "
    "thanks or praises is none.",
    "victims": "Kind words about somebody who died or was hurt are no praise of the police: a text "
    "with one of these words and none of the next list may be read as negative or neutral, never "
    "as positive.",
    "helpers": "A text with one of these may praise what was done for a victim, and is read like "
    "any other.",
    "masked": "Before the sentence model judges the tone it reads another word in their place, so "
    "that the same sentence about two groups has one tone. Names are read as “someone”. Themes "
    "are read from the words as written.",
    "added": "People use these of their police, and the lexicons lack them.",
}


def word_lists() -> tuple[WordList, ...]:
    """Every list of words that is treated in a way of its own. Loads the lexicons, which takes a
    second the first time.
    """
    neutral, added = lexicons.load_neutral_words(), lexicons.load_added_words()
    masked, polite = masked_words.load_masked_words(), courtesies.load_courtesies()
    lists = (
        ("neutral", neutral.version, plain_groups(neutral.neutral)),
        ("phrases", neutral.version, plain_groups(neutral.phrase)),
        ("courtesies", polite.version, courtesy_groups(polite)),
        (
            "wishes",
            lexicons.WISHES_VERSION,
            (WordListGroup("How a wish begins", lexicons.WISH_OPENINGS),),
        ),
        ("victims", lexicons.VICTIMS_VERSION, (WordListGroup("What happened", lexicons.FATES),)),
        ("helpers", lexicons.VICTIMS_VERSION, (WordListGroup("Who or what", lexicons.HELPERS),)),
        ("masked", masked.version, masked_groups(masked)),
        ("added", added.version, tuple(map(tone_group, added.added))),
    )
    return tuple(
        WordList(key, TITLES[key], PURPOSES[key], number, some) for key, number, some in lists
    )


def plain_groups(groups: tuple[lexicons.WordGroup, ...]) -> tuple[WordListGroup, ...]:
    return tuple(WordListGroup(group.reason, group.words) for group in groups)


def courtesy_groups(lists: courtesies.CourtesyLists) -> tuple[WordListGroup, ...]:
    by_reason: dict[str, list[str]] = {}
    for group in (*lists.english, *lists.clauses):
        by_reason.setdefault(group.reason, []).extend(group.begins)
    foreign = (phrase for group in lists.elsewhere for phrase in group.begins)
    return (
        *(WordListGroup(reason, tuple(dict.fromkeys(some))) for reason, some in by_reason.items()),
        WordListGroup("The same in other languages", tuple(foreign)),
    )


def masked_groups(lists: masked_words.MaskedWords) -> tuple[WordListGroup, ...]:
    persons = "a word before one of these is read as “local” where neither list of words rates it"
    groups = ((f"{group.reason}; read as “{group.instead}”", group.words) for group in lists.masked)
    return (
        *(WordListGroup(reason, words) for reason, words in groups),
        WordListGroup(persons, lists.persons),
    )


def tone_group(group: lexicons.WordGroup) -> WordListGroup:
    return WordListGroup(f"tone {group.polarity:+.1f} of −1 to +1".replace("-", "−"), group.words)
