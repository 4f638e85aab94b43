"""The guard of drafts: which sentences of a language model a person may be offered.

A language model writes fluently what nobody said. So each of its sentences has to name the masked
passages that it was made from, and is dropped unless these hold what it says. The rules are
about words, so that each can be checked by hand:

- *words*: the stem of each content word is in a cited passage, except words that only report
  (`REPORTING`); *scattered*: one passage has at least `SHARE_IN_ONE` of them, and each cited
  passage at least one;
- *negated*: a word is denied in the sentence as in a passage, or affirmed as in a passage;
- *number*, *name*, *quote*: each is in a cited passage; *share*: no sentence counts people;
- *personal*: nothing that the search for personal data would mask, and no mark of something masked;
- *instructs*: nothing that speaks to its reader.

What they cannot see is who did what to whom: "a resident shouted at an officer" has the words of
"an officer shouted at a resident". The bench counts how often that passes; a person reads every
sentence next to its passages.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from analysis.text import personal_data
from survey.themes.quotes import FUNCTION_WORDS, DraftLine
from survey.themes.redactions import MARK

FEWEST_CHARACTERS, MOST_CHARACTERS = 20, 300
MOST_NAME_CHARACTERS, MOST_NAME_WORDS = 60, 6
MOST_SENTENCES = 12
FEWEST_CONTENT = 2
SHARE_IN_ONE = 0.6
SHORTEST_STEM = 3

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
CLAUSE_END = re.compile(r"[.,;:!?()\n]|\b(?:but|because|although|while)\b", re.IGNORECASE)
QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]*)[\"“”«»]|‘([^’]*)’(?![^\W_])")
PERSONS = "people|persons?|residents?|writers?|respondents?|comments?|texts?|passages?|londoners"
COUNTED = re.compile(
    r"\b(?:most|majority|minority|all|every|many|few|several|half|thirds?|quarters?|everyone"
    rf"|everybody|nobody|no one|number) (?:(?:of|the|these|those|local|young) )*(?:{PERSONS})\b"
    r"|%|\bper ?cent\b|\b(?:majority|minority|everyone|everybody|widespread|commonly)\b"
    r"|\b(?:overall|generally|on average|in general)\b",
    re.IGNORECASE,
)
SPEAKS = re.compile(
    r"\b(?:you|your|yours|please|i|we|us|me|my|mine|our|ours|ignore|disregard|click|visit"
    r"|instructions?|prompts?|assistant|chatbot|ai|language model|summar(?:y|ise|ize)\w*)\b"
    r"|https?:|www\.|[<>{}\[\]|@#*`]",
    re.IGNORECASE,
)
# What a text says to a machine that will read it, and not to people.
TO_A_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruct|prompt|previous|above|rules)"
    r"|\b(?:system|developer) (?:prompt|message|note)\b|\b(?:language|ai) model\b"
    r"|\bchat ?(?:gpt|bot)"
    r"|\bllms?\b|\bartificial intelligence\b|\bas an ai\b|\bprompt\b|\bjailbreak"
    r"|\byou are (?:now )?(?:a|an|the) (?:\w+ )?(?:assistant|ai|model|bot|summar\w+)\b"
    r"|\bsummar(?:y|ies|ise\w*|ize\w*|ising)\b|\bnew instructions?\b|\binstructions? (?:for|to) "
    r"|</?\w+|\[/?inst\]|```|\bjson\b|\brespond (?:only )?with\b|\boutput\b",
    re.IGNORECASE | re.DOTALL,
)
COUNTING = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
)
NUMBERS = {word: str(number) for number, word in enumerate(re.findall(r"\w+", COUNTING))} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
    "ninety": "90", "hundred": "100", "hundreds": "100", "thousand": "1000", "thousands": "1000",
    "million": "1000000", "dozen": "12", "dozens": "12", "once": "1", "twice": "2", "double": "2",
    "triple": "3",
}  # fmt: skip
COUNTLESS = frozenset(("one", "once"))  # "one resident", "once stopped": no count
NEGATORS = frozenset(
    re.findall(
        r"\S+",
        "not no never without nobody none nothing neither nor cannot hardly barely fail failed"
        " fails failing refuse refused refuses refusing unable lacked lacks lack",
    )
)
# Words that say that somebody says something, and who; the police are what all texts are about.
REPORTING = frozenset(
    re.findall(
        r"\S+",
        """
    resident residents people person writer writers respondent someone somebody others another
    one say says said saying describe describes described report reports reported mention mentions
    mentioned write writes wrote writing note notes noted state states stated comment comments
    account accounts text texts speak speaks tell tells told police officer officers also would
    like including include includes whether being having local myself himself herself itself
    themselves ourselves yourself
    """,
    )
)
IRREGULAR = {
    "felt": "feel", "spoke": "speak", "spoken": "speak", "took": "take", "taken": "take",
    "left": "leave", "made": "make", "gave": "give", "given": "give", "kept": "keep",
    "held": "hold", "knew": "know", "known": "know", "saw": "see", "seen": "see", "went": "go",
    "gone": "go", "thought": "think", "heard": "hear", "found": "find", "came": "come",
    "ran": "run", "broke": "break", "broken": "break", "drove": "drive", "driven": "drive",
    "children": "child", "men": "man", "women": "woman", "brought": "bring", "caught": "catch",
    "swore": "swear", "sworn": "swear", "threw": "throw", "thrown": "throw", "lost": "lose",
    "sent": "send", "shook": "shake", "shot": "shoot", "stood": "stand", "sat": "sit",
    "woke": "wake", "wore": "wear", "rang": "ring", "rung": "ring", "dealt": "deal",
    "paid": "pay", "met": "meet", "understood": "understand", "treated": "treat",
    "worse": "bad", "worst": "bad", "safer": "safe", "scared": "scare",
}  # fmt: skip
ENDINGS = ("fulness", "ingly", "edly", "ments", "ment", "ness", "fully", "ing", "ies", "ied", "ed",
           "es", "ly", "s")  # fmt: skip


def word_stem(word: str) -> str:
    """A word without its usual endings, by rules alone: "stopped" and "stops" become one."""
    plain = word.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    plain = IRREGULAR.get(plain, plain)
    for ending in ENDINGS:
        rest = plain.removesuffix(ending)
        if rest != plain and len(rest) >= SHORTEST_STEM:
            plain = f"{rest}y" if ending in ("ies", "ied") else rest
            break
    if len(plain) > SHORTEST_STEM and plain[-1] == plain[-2] and plain[-1] not in "aeiouls":
        plain = plain[:-1]
    if len(plain) > SHORTEST_STEM:
        plain = plain.removesuffix("e")
    return f"{plain[:-1]}i" if plain.endswith("y") else plain


REPORTING_STEMS = frozenset(map(word_stem, REPORTING))


def content_stems(text: str) -> dict[str, set[bool]]:
    """The stems of a text's content words, and whether it denies each one, affirms it or both.

    A negation denies the next content word of its clause, which is how English mostly does it.
    """
    stems: dict[str, set[bool]] = {}
    for clause in CLAUSE_END.split(MARK.sub(" ", text)):
        denied = False
        for word in WORD.findall(clause):
            plain = word.casefold().replace("’", "'")
            if plain in NEGATORS or plain.endswith("n't"):
                denied = True
            if plain in FUNCTION_WORDS or plain.endswith("n't") or plain in NUMBERS:
                continue
            stem = word_stem(plain)
            if plain not in NEGATORS:
                stems.setdefault(stem, set()).add(denied)
                denied = denied and stem in REPORTING_STEMS
            elif word_stem(plain) in map(word_stem, ("fail", "refuse", "lack", "unable")):
                stems.setdefault(stem, set()).add(False)
    return stems


def numbers_in(text: str) -> set[str]:
    """The numbers of a text, in digits; "one" and "once" are not counted."""
    words = [token.casefold() for token in WORD.findall(text.replace(",", ""))]
    written = {NUMBERS[token] for token in words if token in NUMBERS and token not in COUNTLESS}
    return written | set(re.findall(r"\d+(?:\.\d+)?", text.replace(",", "")))


def capitals_in(text: str) -> set[str]:
    """The words of a sentence that begin with a capital, except its first word."""
    words = list(WORD.finditer(text))
    return {bare_word(match[0]) for match in words[1:] if match[0][0].isupper()}


def bare_word(word: str) -> str:
    """A word as it is spelt, without the ending of a plural or a possessive."""
    return word.replace("’", "'").removesuffix("'s").removesuffix("s")


def instructs_machine(text: str) -> bool:
    """True if a passage seems to address a machine: it is not sent, so no sentence may cite it."""
    return TO_A_MACHINE.search(text) is not None


def identifies(words: str) -> bool:
    """True if the search for personal data would mask some of the words, or already has."""
    return bool(MARK.search(words)) or bool(personal_data.redact_text(words)[1])


def flat_text(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())


def breaks_form(words: str, cited: Sequence[str]) -> str:
    """The rule of form that a sentence breaks, or ''."""
    if not FEWEST_CHARACTERS <= len(words) <= MOST_CHARACTERS:
        return "length"
    if not cited:
        return "uncited"
    # First, because a mark of something masked has brackets, which no sentence of ours has.
    if identifies(words):
        return "personal"
    if SPEAKS.search(words):
        return "instructs"
    flat = [flat_text(passage) for passage in cited]
    quotes = [flat_text(first or second) for first, second in QUOTED.findall(words)]
    if any(not any(quote in passage for passage in flat) for quote in quotes):
        return "quote"
    return "share" if COUNTED.search(words) else ""


def breaks_content(words: str, cited: Sequence[str]) -> str:
    """The rule of content that a sentence breaks, or ''."""
    whole = "\n".join(cited)
    if not numbers_in(words) <= numbers_in(whole):
        return "number"
    if not capitals_in(words) <= set(map(bare_word, WORD.findall(whole))):
        return "name"
    said = content_stems(words)
    own = {stem: denied for stem, denied in said.items() if stem not in REPORTING_STEMS}
    held = [content_stems(passage) for passage in cited]
    if len(own) < FEWEST_CONTENT or any(not any(stem in stems for stems in held) for stem in own):
        return "words"
    if any(
        not denied <= set().union(*(stems.get(stem, set()) for stems in held))
        for stem, denied in own.items()
    ):
        return "negated"
    shares = [sum(stem in stems for stem in own) / len(own) for stems in held]
    return "scattered" if max(shares) < SHARE_IN_ONE or min(shares) == 0 else ""


def broken_rule(words: str, cited: Sequence[str]) -> str:
    """The first rule that a sentence breaks, given the passages that it cites; '' if none."""
    return breaks_form(words, cited) or breaks_content(words, cited)


def guarded_lines(
    lines: Iterable[tuple[str, Sequence[int]]], passages: Mapping[int, str]
) -> list[DraftLine]:
    """Each sentence of the model, with the rule that dropped it if any did.

    `lines` are the sentences and the numbers of the passages that each cites; `passages` the masked
    passages that were sent, by number. At most `MOST_SENTENCES` are read.
    """
    draft_lines: list[DraftLine] = []
    before: set[str] = set()
    for number, (words, cites) in enumerate(list(lines)[:MOST_SENTENCES]):
        plain = " ".join(words.split())
        known = tuple(dict.fromkeys(cite for cite in cites if cite in passages))
        whole = len(known) == len(set(cites))
        rule = broken_rule(plain, [passages[cite] for cite in known] if whole else [])
        if not rule and flat_text(plain) in before:
            rule = "repeated"
        before.add(flat_text(plain))
        # What is dropped stays for the audit: without what might identify someone.
        kept = personal_data.redact_text(plain[:MOST_CHARACTERS])[0] if rule else plain
        draft_lines.append(DraftLine(number=number, words=kept, passages=known, dropped=rule))
    return draft_lines


def guarded_name(
    name: str, sentence: str, phrases: Sequence[str], passages: Mapping[int, str]
) -> list[DraftLine]:
    """A suggested name and its sentence, each with the rule that dropped it if one did.

    All words of the name but one are in the phrases or passages: a name may say in one word what
    they say in many. The sentence is judged as one that cites everything that was sent, except
    that its words may come from several passages: it describes all of them.
    """
    material = [*passages.values(), *phrases]
    cites = tuple(passages)
    lines = []
    for number, (words, rule) in enumerate(
        (
            (" ".join(name.split()), broken_name_rule(" ".join(name.split()), material)),
            (
                " ".join(sentence.split()),
                broken_sentence_rule(" ".join(sentence.split()), material),
            ),
        )
    ):
        kept = personal_data.redact_text(words[:MOST_CHARACTERS])[0] if rule else words
        lines.append(DraftLine(number=number, words=kept, passages=cites, dropped=rule))
    return lines


def broken_sentence_rule(words: str, material: Sequence[str]) -> str:
    """The rule that a sentence about a whole group breaks, or ''."""
    rule = broken_rule(words, material)
    return "" if rule == "scattered" else rule


def broken_name_rule(name: str, material: Sequence[str]) -> str:
    """The rule that a name breaks, or ''."""
    words = WORD.findall(name)
    if not words or len(name) > MOST_NAME_CHARACTERS or len(words) > MOST_NAME_WORDS:
        return "length"
    if identifies(name):
        return "personal"
    if SPEAKS.search(name) or QUOTED.search(name):
        return "instructs"
    if numbers_in(name):
        return "number"
    whole = "\n".join(material)
    if not capitals_in(name) <= set(map(bare_word, WORD.findall(whole))):
        return "name"
    held = content_stems(whole)
    own = {stem for stem in content_stems(name) if stem not in REPORTING_STEMS}
    strange = sum(stem not in held for stem in own)
    return "words" if strange > 1 or strange == len(own) > 0 else ""
