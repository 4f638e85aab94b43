"""Hopes and wishes: what somebody would like is no praise of what the police did."""

import re

from analysis.text.passages import sentence_bounds, with_blank_marks

VERSION = 1
OPENINGS = (
    *("i hope", "we hope", "i do hope", "i just hope", "i really hope", "let us hope", "lets hope"),
    *("hopefully", "hoping", "fingers crossed", "i wish", "we wish", "i just wish", "i pray"),
    *("we pray", "i dream", "my dream is", "my wish is", "my hope is", "may everybody"),
    *("may everyone", "may we all", "i want to feel", "i want to be", "we want to feel"),
    *("we want to be", "i want my", "we want our", "i would love", "we would love", "id love"),
    *("i would like", "we would like", "id like", "wed like", "wed love", "it would be nice"),
    *("it would be good", "it would be great", "it would be lovely", "it would be wonderful"),
    *("itd be nice", "itd be good", "itd be great", "itd be lovely", "would be nice"),
    *("would be good", "would be great", "would be lovely", "wouldnt it be", "would like"),
    *("rest in peace", "rip"),
)
"""How such a sentence begins, in small letters and without apostrophes."""
THANKS = ("thank", "praise", "commend", "congratulate", "say well done", "recommend")
"""“I would like to thank the officer” is praise."""
LEADING = re.compile(r"^(?:and|but|so|also|honestly|personally|one day|all|well|anyway) ")
NO_WORD = re.compile(r"[^\w\s]|_")


def is_only_wishes(text: str) -> bool:
    """True if every sentence of the text begins as a hope or a wish and none thanks."""
    shown = with_blank_marks(text)
    said = [plain_words(shown[start:end]) for start, end in sentence_bounds(shown)]
    return bool(said) and all(map(is_wish, said))


def is_wish(said: str) -> bool:
    begins = said.startswith(tuple(f"{one} " for one in OPENINGS))
    return begins and not any(word in said for word in THANKS)


def plain_words(sentence: str) -> str:
    small = NO_WORD.sub("", sentence.replace("-", " ")).lower()
    return LEADING.sub("", " ".join(small.split()))
