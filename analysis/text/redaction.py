"""Takes personal data out of texts before anything else reads them.

Patterns and lists find most of it, never all: a person looks at a quote before it is published.
Districts ("SE15") and streets without a number stay, because they say where and not who.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from analysis.text import names
from analysis.text.marks import REDACTED
from analysis.text.patterns import AT_SIGN, LINK, SPELT_OUT, UNDERSCORED, WITH_DIGITS, Pattern
from survey.codes import Span
from survey.redactions import UNREAD

Finder = Callable[[str], Iterable[tuple[int, int]]]
DIGIT = re.compile(r"\d")
NUMBER = re.compile(r"\d(?:[ ()./-]{0,2}\d)*")
WORD = re.compile(r"[a-z]+")
# Characters before and after a number: a few words before it say what it is, a street follows it.
READ_BEFORE, READ_AFTER = 50, 80
MARGIN = 300
GLUED = re.compile(r"[A-Za-z]\d|\d[A-Za-z]")


def redact(texts: list[str], also: Finder | None = None) -> list[tuple[str, tuple[Span, ...]]]:
    """Each text with marks such as [name], and where in the original the data stood.

    `also` finds names beside the patterns and the lists: `named_entities.found`, or nothing.
    """
    return [redact_one(text, also) for text in texts]


def redact_one(text: str, also: Finder | None = None) -> tuple[str, tuple[Span, ...]]:
    read = text[: REDACTED + MARGIN]  # so that nothing is cut in two where the rest begins
    more = also(read) if also else ()
    spans = joined(text, [*found(read), *(Span(start, end, "name") for start, end in more)])
    if len(text) > REDACTED:
        spans = without_rest(text, spans)
    if not spans:
        return text, ()
    pieces, end = [], 0
    for span in spans:
        pieces += [text[end : span.start], f"[{span.kind}]"]
        end = span.end
    return "".join([*pieces, text[end:]]), spans


def without_rest(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """What was not searched is masked whole: nothing is ever shown that nobody looked at."""
    before = [span for span in spans if span.start < REDACTED]
    end = before[-1].end if before else 0
    return *before, Span(max(end, REDACTED), len(text), UNREAD)


def found(text: str) -> Iterator[Span]:
    """Spans in the order of trust in their pattern. A cheap sign tells which patterns to try."""
    if "@" in text:
        yield from matches(text, AT_SIGN)
    if "." in text or "://" in text:
        yield from matches(text, (LINK,))
    if "dot" in text:
        yield from matches(text, (SPELT_OUT,))
    if "_" in text:
        yield from matches(text, (UNDERSCORED,))
    for start, end, digits in around_numbers(text):
        yield from matches(text, possible(text[start:end], digits), start, end)
    for start, end in names.found(text):
        yield Span(start, end, "name")


def around_numbers(text: str) -> list[tuple[int, int, int]]:
    """The parts of a text that a pattern with digits may lie in, and the longest number in each."""
    parts: list[tuple[int, int, int]] = []
    for number in NUMBER.finditer(text):
        start = max(0, number.start() - READ_BEFORE)
        end = text.find(" ", number.end() + READ_AFTER)
        end = len(text) if end < 0 else end
        digits = len(DIGIT.findall(number[0]))
        if parts and start <= parts[-1][1]:
            start, digits = parts[-1][0], max(parts[-1][2], digits)
            parts.pop()
        parts.append((start, end, digits))
    return parts


def possible(part: str, digits: int) -> list[Pattern]:
    words, glued = set(WORD.findall(part.lower())), GLUED.search(part) is not None
    return [
        pattern
        for pattern in WITH_DIGITS
        if pattern.digits <= digits
        and (glued or not pattern.glued)
        and not (pattern.near and pattern.near.isdisjoint(words))
    ]


def matches(
    text: str, patterns: Sequence[Pattern], start: int = 0, end: int = sys.maxsize
) -> Iterator[Span]:
    for pattern in patterns:
        for match in pattern.found.finditer(text, start, end):
            if pattern.holds is None or pattern.holds(match[0]):
                yield Span(*match.span(match.lastgroup or 0), pattern.kind)


def joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Overlapping spans become one, of the kind found first; so do parts of one name."""
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
