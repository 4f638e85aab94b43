"""“Other, please say”: an answer of a choice, and a question that asks only those who chose it."""

import msgspec

from survey.instruments.checking import all_names
from survey.instruments.drafts import Draft, add, free_of, put, remove
from survey.instruments.items import Choice, Choices, Option, Text, every

OTHER = "other"
MOST_CHARACTERS = 200
WORDS = {"en": "Other", "ar": "غير ذلك"}
PLEASE_SAY = {"en": "Other: please say what", "ar": "غير ذلك: اذكره من فضلك"}


def asked_if(question: Choice | Choices) -> str:
    """The condition under which somebody is asked what the other answer is."""
    if isinstance(question, Choices):
        return f"selected(${{{question.name}}}, '{OTHER}')"
    return f"${{{question.name}}} = '{OTHER}'"


def find_other(draft: Draft, question: Choice | Choices) -> Text | None:
    """The question that asks for the other answer of this one."""
    wanted = asked_if(question)
    texts = (one for one in every(draft.instrument.items) if isinstance(one, Text))
    return next((one for one in texts if one.relevant == wanted), None)


def add_other(draft: Draft, question: Choice | Choices) -> Draft:
    """The draft with the answer and the question, as far as they are not there yet."""
    languages = draft.spoken()
    if OTHER not in {option.name for option in question.options}:
        option = Option(OTHER, in_languages(WORDS, languages))
        options = (*question.options, option)
        draft = put(draft, question.name, msgspec.structs.replace(question, options=options))
    if find_other(draft, question):
        return draft
    text = Text(
        name=free_of(f"{question.name[:50]}_{OTHER}", set(all_names(draft.instrument))),
        text=in_languages(PLEASE_SAY, languages),
        relevant=asked_if(question),
        long=False,
        most=MOST_CHARACTERS,
    )
    return add(draft, text, behind=question.name)


def remove_other(draft: Draft, question: Choice | Choices) -> Draft:
    """The draft without them; not while another question depends on one of them."""
    if text := find_other(draft, question):
        draft = remove(draft, text.name)
    left = tuple(option for option in question.options if option.name != OTHER)
    return put(draft, question.name, msgspec.structs.replace(question, options=left))


def in_languages(wording: dict[str, str], languages: list[str]) -> dict[str, str]:
    return {code: wording[code] for code in languages if code in wording} or {
        languages[0]: wording["en"]
    }
