"""What is printed of a question, and the space on paper for the answers of each item type.

A type has a function in `SPACES`, for what is printed below the words of its question; if its
question is printed in another way, it has one in `BLOCKS`.
"""

from collections.abc import Callable, Iterator, Mapping

from api.paper.conditions import condition_in_words
from api.paper.questions import (
    LONGEST_BELOW,
    MOST_IN_A_ROW,
    PaperBlock,
    PaperContext,
    area_boxes,
    choice_boxes,
    clock_groups,
    comb,
    day_groups,
    file_box,
    find_filter_question,
    limits_in_words,
    number_comb,
    option_names,
    plain_number,
    postcode_comb,
    table_block,
    tick_boxes,
)
from api.paper.words import LETTERS, answer_keys, filled_sentence, no_answer_boxes, printable_text
from survey.surveys import instruments

# How many lines a question has whose text may be this long.
LINES = ((1_000, 8), (300, 5), (0, 3))


def item_blocks(item: instruments.Item, pen: PaperContext) -> Iterator[PaperBlock]:
    """What is printed of a question, or of words between questions."""
    if blocks := BLOCKS.get(type(item)):
        yield from blocks(item, pen)
    else:
        yield question_block(item, pen)


def question_block(item: instruments.Item, pen: PaperContext) -> PaperBlock:
    answer = answer_space(item, pen)
    rule = answer.pop("rule", "") or rule_in_words(item, pen)
    hints = pen.say(item.hint), rule, answer.pop("remark", "")
    return {
        "kind": "question",
        "number": pen.numbered_form.questions[item.name].number.rstrip(LETTERS),
        "text": pen.say(item.text) or pen.say(item.short) or item.name,
        "hint": " ".join(filter(None, hints)),
        "condition": part_condition(item, pen),
        "marks": required_marks(item, pen),
        "answer": answer,
    }


def answer_space(item: instruments.Item, pen: PaperContext) -> PaperBlock:
    """The space for an answer; `apart` are the boxes for not answering."""
    if item.read_only:
        return {"as": "nothing"}
    laid: PaperBlock = SPACES[type(item)](item, pen)
    if laid["as"] == "nothing":
        return laid
    apart = [*no_answer_boxes(item, pen.words).values()]
    keys = [*answer_keys(item, pen.numbered_form)]
    own = len(keys) - len(apart)
    if "apart" in laid:  # these boxes are in one row with the others
        both = {key: value for key, value in laid.items() if key not in ("apart", "apart_shape")}
        return both | {"keys": keys}
    shape = laid.get("apart_shape") or laid.get("shape", "square")
    known = {"keys": keys[:own]} | laid
    return known | {"apart": apart, "apart_keys": keys[own:], "apart_shape": shape}


def part_condition(
    part: instruments.InstrumentPart, pen: PaperContext, key: str = "only_if"
) -> str:
    """When a question or note is to be answered, in words; empty if always."""
    if not part.relevant:
        return ""
    words = condition_in_words(part.relevant, pen.numbered_form)
    return filled_sentence(pen.words, key, condition=printable_text(words))


def rule_in_words(item: instruments.Item, pen: PaperContext) -> str:
    """A rule of a question, which the pages enforce and paper can only ask for; empty if there is
    none.
    """
    if isinstance(item, instruments.OptionsItem) and item.filter:
        if known := find_filter_question(item.filter, pen.numbered_form):
            return filled_sentence(pen.words, "filter_answer", number=known[1])
        condition = printable_text(condition_in_words(item.filter, pen.numbered_form))
        return filled_sentence(pen.words, "filter", condition=condition)
    return pen.words["read_only"] if item.read_only else ""


def required_marks(item: instruments.Item, pen: PaperContext) -> list[str]:
    if item.required:
        return [pen.words["required"]]
    if item.required_when:
        condition = printable_text(condition_in_words(item.required_when, pen.numbered_form))
        return [filled_sentence(pen.words, "required_when", condition=condition)]
    return []


def select_multiple_space(item: instruments.SelectMultiple, pen: PaperContext) -> PaperBlock:
    """Some of several options: squares, and how many of them."""
    laid = choice_boxes(item, pen, "square") | {"apart_shape": "square"}
    if item.most and item.most < len(item.options):
        laid["rule"] = filled_sentence(pen.words, "most", most=item.most)
    return laid


def scale_space(item: instruments.Scale, pen: PaperContext) -> PaperBlock:
    """Numbers in a row, or boxes for digits where there are many."""
    numbers = range(item.low, item.high + 1)
    ends = {"low": pen.say(item.low_label), "high": pen.say(item.high_label)}
    if len(numbers) <= MOST_IN_A_ROW:
        return {"as": "numbers", "shape": "circle", "numbers": [str(n) for n in numbers]} | ends
    remarks = [
        f"{n} = {words}."
        for n, words in ((item.low, ends["low"]), (item.high, ends["high"]))
        if words
    ]
    limits = limits_in_words(item.low, item.high, pen)
    return number_comb(item.low, item.high) | {"remark": " ".join([limits, *remarks])}


def range_space(item: instruments.Range, pen: PaperContext) -> PaperBlock:
    """Numbers in a row, or boxes for digits where there are many."""
    steps = (item.high - item.low) / item.step if item.step else 0
    # With a last step cut short the highest number would have no circle.
    if 0 < steps < MOST_IN_A_ROW and steps == int(steps):
        numbers = [plain_number(item.low + n * item.step) for n in range(int(steps) + 1)]
        return {"as": "numbers", "shape": "circle", "numbers": numbers, "low": "", "high": ""}
    remark = limits_in_words(item.low, item.high, pen)
    if item.step != 1:
        remark += " " + filled_sentence(pen.words, "steps", step=plain_number(item.step))
    places = 0 if float(item.step).is_integer() and float(item.low).is_integer() else 2
    return number_comb(item.low, item.high, places) | {"remark": remark}


def agreement_space(item: instruments.Agreement, pen: PaperContext) -> PaperBlock:
    """Five points in a row, the best first; one below the other where their words are long."""
    labels = [pen.say(label) for label in item.shown_labels().values()]
    if max(map(len, labels)) > LONGEST_BELOW:
        return tick_boxes(labels, "circle")
    return {"as": "row", "shape": "circle", "labels": labels}


def grid_blocks(item: instruments.Grid, pen: PaperContext) -> Iterator[PaperBlock]:
    """A table: a row for each statement, a circle for each point."""
    numbers = pen.numbered_form.questions
    rows = [(numbers[row.name].number, pen.say(row.text), False) for row in item.rows]
    asked, labels = question_block(item, pen), item.shown_labels()
    columns = [pen.say(label) for label in labels.values()]
    if max(map(len, columns)) > LONGEST_BELOW:  # too long for a head: printed before the table
        words = [f"{point} = {words}." for point, words in zip(labels, columns, strict=True)]
        asked["hint"] = " ".join(filter(None, (asked["hint"], *words)))
        columns = [*labels]
    yield asked | table_block(columns, item, rows, pen)


def text_space(item: instruments.Text, pen: PaperContext) -> PaperBlock:
    """Lines to write on."""
    short = 1 if item.most <= 80 else 2
    most = item.most if item.long else 0
    lines = next(n for least, n in LINES if most >= least) if item.long else short
    return {"as": "lines", "lines": lines}


def decimal_space(item: instruments.Decimal, pen: PaperContext) -> PaperBlock:
    """A box for each digit, two of them behind a point."""
    remark = limits_in_words(item.least, item.most, pen)
    return number_comb(item.least, item.most, places=2) | {"remark": remark}


def note_blocks(item: instruments.Note, pen: PaperContext) -> Iterator[PaperBlock]:
    """Words between the questions."""
    text = f"{pen.say(item.text)} {pen.say(item.hint)}".strip()
    yield {"kind": "note", "text": text, "condition": part_condition(item, pen, "note_only_if")}


SPACES: Mapping[type[instruments.Item], Callable[..., PaperBlock]] = {
    instruments.SelectOne: lambda item, pen: choice_boxes(item, pen, "circle"),
    instruments.SelectMultiple: select_multiple_space,
    instruments.Rank: lambda item, pen: {
        "as": "rank",
        "options": option_names(item.options, pen),
        "remark": pen.words["rank"],
    },
    instruments.Scale: scale_space,
    instruments.Range: range_space,
    instruments.Agreement: agreement_space,
    instruments.Grid: lambda _, pen: {"as": "nothing"},
    instruments.Consent: lambda _, pen: (
        tick_boxes([pen.words["agree"]], "square") | {"apart_shape": "square", "keys": ["1"]}
    ),
    instruments.Text: text_space,
    instruments.Integer: lambda item, pen: (
        number_comb(item.least, item.most) | {"remark": limits_in_words(item.least, item.most, pen)}
    ),
    instruments.Decimal: decimal_space,
    instruments.Date: lambda _, pen: comb(*day_groups(pen)),
    instruments.Time: lambda _, pen: comb(*clock_groups(pen)),
    instruments.DateTime: lambda _, pen: comb(*day_groups(pen), *clock_groups(pen)),
    instruments.Borough: lambda _, pen: area_boxes(pen),
    instruments.Postcode: lambda _, pen: postcode_comb(pen),
    instruments.Image: lambda _, pen: file_box(pen),
    instruments.File: lambda _, pen: file_box(pen),
}
BLOCKS: Mapping[type[instruments.Item], Callable[..., Iterator[PaperBlock]]] = {
    instruments.Grid: grid_blocks,
    instruments.Note: note_blocks,
}
