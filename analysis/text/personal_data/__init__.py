"""Removes personal data from texts before anything else reads them; marks stand in its place.

Patterns and lists find most of it, never all: a person checks a quote before it is published.
Districts ("SE15") and streets without a number stay, because they say where and not who.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from analysis.text.personal_data import names
from analysis.text.personal_data.patterns import (
    AT_SIGN,
    LINK,
    SPELT_OUT,
    UNDERSCORED,
    WITH_DIGITS,
    PersonalDataPattern,
)
from survey.themes.codebooks import Span
from survey.themes.redactions import UNREAD

CHARACTERS_READ = 5_000
"""Characters of a text that its tone and themes are read from: what an instrument accepts."""

CHARACTERS_SEARCHED = 20_000
"""Characters of a text that are searched for personal data; what follows them is masked whole."""

# Every kind that redaction writes is listed, or its mark would be read as the writer's own words.
KINDS = (
    *("name", "email", "phone", "postcode", "address", "vehicle", "NI number", "NHS number"),
    *("date of birth", "officer number", "reference", "bank", "link", "handle", UNREAD),
)
MARK = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")
NameFinder = Callable[[str], Iterable[tuple[int, int]]]
DIGIT = re.compile(r"\d")
NUMBER = re.compile(r"\d(?:[ ()./-]{0,2}\d)*")
WORD = re.compile(r"[a-z]+")
MARGIN = 300
GLUED = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")
# Characters before and after a number: words before it say what it is, a street may follow it.
READ_BEFORE, READ_AFTER = 50, 80


def without_marks(text: str) -> str:
    """The text without its redaction marks, which are not the writer's own words."""
    return MARK.sub(" ", text) if "[" in text else text


def redact_texts(
    texts: list[str], also: NameFinder | None = None
) -> list[tuple[str, tuple[Span, ...]]]:
    """Each text with marks such as [name], and the spans of the original that they replace.

    `also` finds names that the patterns and lists lack: `named_entities.find_persons`, or None.
    """
    return [redact_text(text, also) for text in texts]


def redact_text(text: str, also: NameFinder | None = None) -> tuple[str, tuple[Span, ...]]:
    read = text[: CHARACTERS_SEARCHED + MARGIN]  # so that nothing is cut in two at the limit
    more = also(read) if also else ()
    # Patterns first: where spans overlap, the kind that was found first wins.
    spans = merged_spans(
        text, [*find_personal_data(read), *(Span(start, end, "name") for start, end in more)]
    )
    if len(text) > CHARACTERS_SEARCHED:
        # What was not searched is masked, so that unchecked text is never shown.
        before = [span for span in spans if span.start < CHARACTERS_SEARCHED]
        end = before[-1].end if before else 0
        spans = *before, Span(max(end, CHARACTERS_SEARCHED), len(text), UNREAD)
    if not spans:
        return text, ()
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], f"[{span.kind}]"]
        end = span.end
    return "".join([*pieces, text[end:]]), spans


def find_personal_data(text: str) -> Iterator[Span]:
    """Spans of personal data, most trusted patterns first; cheap checks decide what to try."""
    if "@" in text:
        yield from pattern_spans(text, AT_SIGN)
    if "." in text or "://" in text:
        yield from pattern_spans(text, (LINK,))
    if "dot" in text.casefold():
        yield from pattern_spans(text, (SPELT_OUT,))
    if "_" in text:
        yield from pattern_spans(text, (UNDERSCORED,))
    for start, end, digits in parts_around_numbers(text):
        yield from pattern_spans(text, possible_patterns(text[start:end], digits), start, end)
    for start, end in names.find_names(text):
        yield Span(start, end, "name")


def parts_around_numbers(text: str) -> list[tuple[int, int, int]]:
    """Parts of a text where a pattern with digits may match, and the longest number in each."""
    parts: list[tuple[int, int, int]] = []
    for number in NUMBER.finditer(text):
        start = max(0, number.start() - READ_BEFORE)
        # To the end of a word: half of one could complete a pattern or fail to.
        end = text.find(" ", number.end() + READ_AFTER)
        end = len(text) if end < 0 else end
        digits = len(DIGIT.findall(number[0]))
        if parts and start <= parts[-1][1]:
            start, digits = parts[-1][0], max(parts[-1][2], digits)
            parts.pop()
        parts.append((start, end, digits))
    return parts


def possible_patterns(part: str, digits: int) -> list[PersonalDataPattern]:
    words, glued = set(WORD.findall(part.lower())), GLUED.search(part) is not None
    return [
        pattern
        for pattern in WITH_DIGITS
        if pattern.digits <= digits
        and (glued or not pattern.glued)
        and not (pattern.near and pattern.near.isdisjoint(words))
    ]


def pattern_spans(
    text: str, patterns: Sequence[PersonalDataPattern], start: int = 0, end: int = sys.maxsize
) -> Iterator[Span]:
    for pattern in patterns:
        for match in pattern.pattern.finditer(text, start, end):
            if pattern.holds is None or pattern.holds(match[0]):
                yield Span(*match.span(match.lastgroup or 0), pattern.kind)


def merged_spans(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Overlapping spans become one, of the kind found first; so do parts of one name."""
    # By identity, because equal spans may be found twice and the earlier find is the trusted one.
    trust = {id(span): place for place, span in enumerate(spans)}
    whole: list[tuple[Span, int]] = []
    for span in sorted(spans, key=lambda span: (span.start, trust[id(span)])):
        last, place = whole[-1] if whole else (None, 0)
        if last and (span.start < last.end or is_one_name(text, last, span)):
            kind = last.kind if place <= trust[id(span)] else span.kind
            end = max(last.end, span.end)
            whole[-1] = Span(last.start, end, kind), min(place, trust[id(span)])
        else:
            whole.append((span, trust[id(span)]))
    return tuple(span for span, _ in whole)


def is_one_name(text: str, first: Span, second: Span) -> bool:
    return first.kind == second.kind == "name" and text[first.end : second.start] in {"", " ", "-"}
