"""When a question is asked, as sentences about earlier answers that an organiser searches for.

What cannot be said in such sentences stays an expression, which the form shows under "Advanced".
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from api.paper.conditions import AGREED, Claim, Joined, Reader, Unspoken
from api.paper.laying import numbers_of
from survey.instruments import (
    AnyPart,
    Calculate,
    Choice,
    Choices,
    Consent,
    Decimal,
    Foreign,
    Grid,
    Group,
    Note,
    Page,
    Range,
    Repeat,
    Scale,
    Whole,
    every,
    said,
)
from survey.instruments.drafts import Draft

MOST_WORDS = 80
MOST_ROWS = 10
SPARE_ROWS = 2
MOST_OFFERED = 3_000
MOST_SUGGESTED = 20
GAP = "…"  # where a number is to be typed
LIMITS = {">=": "is at least", "<=": "is at most"}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
Wrong = list[tuple[str, str]]


class Offer(msgspec.Struct, frozen=True):
    """One condition that can be chosen: its sentence, and the expression that it stands for."""

    sentence: str
    claim: Claim
    expression: str


class Chosen(msgspec.Struct, frozen=True):
    """The conditions of a question as the form shows them; `by` joins them.

    `written` where there is an expression that no sentences stand for. `suggested` gives, by the
    number of a row, the sentences that fit what was typed there.
    """

    sentences: tuple[str, ...] = ()
    by: str = "and"
    written: bool = False
    suggested: dict[int, tuple[str, ...]] = {}


def offers_before(draft: Draft, name: str) -> list[Offer]:
    """Every condition that the answers to the questions before this one can make."""
    told = numbers_of(draft.instrument, draft.spoken()[0])
    found: list[Offer] = []
    for part in every(draft.instrument.items):
        if part.name == name or len(found) > MOST_OFFERED:
            break
        if isinstance(part, Group | Page | Repeat | Note | Foreign | Calculate):
            continue
        if isinstance(part, Grid):
            for row in part.rows:
                about = f"{told.questions[row.name].number}. {shorten(said(row.text))}"
                found += offers_of(part, row.name, about, told.questions[row.name].options)
            continue
        known = told.questions[part.name]
        about = f"{known.number}. {shorten(said(part.text) or part.name)}"
        found += offers_of(part, part.name, about, known.options)
    return found


def shorten(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"


def offers_of(part: AnyPart, name: str, about: str, options: Mapping[str, str]) -> Iterator[Offer]:
    """What can be said of the answer to one question."""
    own = {option.name for option in part.options} if isinstance(part, Choice | Choices) else None
    for value, words in options.items():
        if own is None or value in own:
            yield offer(part, f"{about} is “{words}”", Claim(name, "=", value))
            yield offer(part, f"{about} is not “{words}”", Claim(name, "!=", value))
    if isinstance(part, Consent):
        yield offer(part, f"{about} is ticked", Claim(name, "=", AGREED))
    if isinstance(part, Whole | Decimal | Range | Scale):
        for sign, words in LIMITS.items():
            yield offer(part, f"{about} {words} {GAP}", Claim(name, sign, GAP))
    yield offer(part, f"{about} was answered", Claim(name, "!=", ""))
    yield offer(part, f"{about} was not answered", Claim(name, "=", ""))


def offer(part: AnyPart, sentence: str, claim: Claim) -> Offer:
    named = f"${{{claim.name}}}"
    literal = f'"{claim.value}"' if "'" in claim.value else f"'{claim.value}'"
    if claim.sign in LIMITS:
        return Offer(sentence, claim, f"{named} {claim.sign} {claim.value}")
    if isinstance(part, Choices) and claim.value:
        selected = f"selected({named}, {literal})"
        return Offer(sentence, claim, selected if claim.sign == "=" else f"not({selected})")
    return Offer(sentence, claim, f"{named} {claim.sign} {literal}")


def sentences_of(offers: list[Offer]) -> dict[Claim, str]:
    return {one.claim: one.sentence for one in offers}


def chosen_now(expression: str, sentences: Mapping[Claim, str]) -> Chosen:
    """An expression as sentences, where every part of it is one."""
    if not expression.strip():
        return Chosen()
    try:
        found = Reader(expression).whole()
    except (Unspoken, RecursionError):
        return Chosen(written=True)
    parts = found.parts if isinstance(found, Joined) else (found,)
    by = found.by if isinstance(found, Joined) else "and"
    said = [sentence_of(part, sentences) for part in parts if isinstance(part, Claim)]
    if len(said) < len(parts) or "" in said or len(said) > MOST_ROWS:
        return Chosen(written=True)
    return Chosen(tuple(said), by)


def sentence_of(claim: Claim, sentences: Mapping[Claim, str]) -> str:
    """The sentence that says this; empty where there is none."""
    if claim.sign in LIMITS:
        gap = sentences.get(Claim(claim.name, claim.sign, GAP), "")
        return gap.replace(GAP, claim.value) if NUMBER.fullmatch(claim.value) else ""
    return sentences.get(claim, "")


def conditions_in_words(draft: Draft) -> dict[str, str]:
    """When each question is asked, for those that not everybody is asked."""
    sentences = sentences_of(offers_before(draft, ""))
    found: dict[str, str] = {}
    for part in every(draft.instrument.items):
        if part.relevant:
            chosen = chosen_now(part.relevant, sentences)
            said = f" {chosen.by} ".join(chosen.sentences)
            found[part.name] = said or "its condition under Advanced is true"
    return found


def condition_in(
    form: Mapping[str, str], now: str, offers: list[Offer]
) -> tuple[str, Chosen, Wrong]:
    """The expression that a form asks for, its rows as they are shown again, and what is wrong.

    An expression that was changed by hand counts before the sentences.
    """
    by = "or" if form.get("when-by") == "or" else "and"
    typed = [(n, chosen_answer(form, n)) for n in range(1, MOST_ROWS + SPARE_ROWS + 1)]
    typed = [(n, text) for n, text in typed if text]
    written = form.get("relevant", now).strip()
    sentences = sentences_of(offers)
    before = chosen_now(now, sentences)
    if written != now.strip() or (before.written and not typed):
        return written, chosen_now(written, sentences), []
    expressions: list[str] = []
    wrong: Wrong = []
    suggested: dict[int, tuple[str, ...]] = {}
    for place, (_, text) in enumerate(typed, 1):
        fitting = matching(text, offers)
        if len(fitting) == 1:
            expressions.append(fitting[0].expression)
        else:
            suggested[place] = tuple(one.sentence for one in fitting[:MOST_SUGGESTED])
            wrong.append((f"when-{place}", why_unclear(text, fitting)))
    shown = Chosen(tuple(text for _, text in typed), by, suggested=suggested)
    return f" {by} ".join(dict.fromkeys(expressions)), shown, wrong


def chosen_answer(form: Mapping[str, str], number: int) -> str:
    """What was chosen among suggestions goes before what was typed."""
    return (form.get(f"when-{number}-pick", "") or form.get(f"when-{number}", "")).strip()


def why_unclear(text: str, fitting: list[Offer]) -> str:
    if not fitting:
        return f"No earlier answer matches “{text[:60]}”. Type a word of the question or the answer"
    if len(fitting) > 1:
        return f"{len(fitting)} earlier answers match “{text[:60]}”. Choose one of them"
    return ""


def matching(text: str, offers: list[Offer]) -> list[Offer]:
    """The one that is meant, or all that have every word of what was typed."""
    plain = " ".join(text.split()).casefold()
    exact = [one for one in offers if one.sentence.casefold() == plain and GAP not in one.sentence]
    if exact:
        return exact[:1]
    for one in offers:
        if one.claim.value == GAP:
            before = one.sentence.removesuffix(GAP).casefold()
            number = plain.removeprefix(before)
            if plain.startswith(before) and NUMBER.fullmatch(number):
                spelled = one.expression.replace(GAP, number)
                sentence = one.sentence.replace(GAP, number)
                return [Offer(sentence, Claim(one.claim.name, one.claim.sign, number), spelled)]
    read = [(words_of(one.sentence), one) for one in offers if one.claim.value != GAP]
    said = words_of(text)
    if len(as_said := [one for words, one in read if f" {said} " in f" {words} "]) == 1:
        return as_said
    return offers_with_words(said.split(), read) or offers_with_words(said.split()[1:], read)


def offers_with_words(words: list[str], read: list[tuple[str, Offer]]) -> list[Offer]:
    """The conditions that have these words, whole and not the opposite where that leaves any."""
    if not words:
        return []
    found = [(sentence, one) for sentence, one in read if all(w in sentence for w in words)]
    whole = [pair for pair in found if {*words} <= {*pair[0].split()}]
    meant = [pair for pair in whole if "not" in words or "not" not in pair[0].split()]
    return [one for _, one in (meant or whole or found)]


def words_of(sentence: str) -> str:
    """The words of a sentence in small letters, without what stands between them."""
    return " ".join(re.findall(r"[^\W_]+", sentence.casefold()))
