"""A survey may be changed in any way while it runs: no answer is lost, every version exports."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey.formats.xlsform import to_sheets
from survey.problems import Conflict, Invalid, NotFound
from survey.surveys.instruments import (
    Agreement,
    Grid,
    GridRow,
    Instrument,
    Integer,
    Option,
    QuestionGroup,
    Repeat,
    SelectMultiple,
    SelectOne,
    Text,
    all_parts,
    check_instrument,
    faults_of_instrument,
)
from survey.surveys.instruments.drafts import (
    InstrumentDraft,
    add_part,
    arrange_parts,
    draft_warnings,
    free_name,
    merge_options,
    move_part,
    next_version,
    remove_part,
    replace_part,
)
from survey.surveys.instruments.versions import HarmonisedVersions, faults_of_mapping

FIVE = tuple({"en": word} for word in "abcde")


def options(*names):
    return tuple(Option(name, {"en": name}) for name in names)


def choice_item(name, *names, **more):
    return SelectOne(name=name, text={"en": name}, options=options(*(names or "abc")), **more)


def text_item(name, **more):
    return Text(name=name, text={"en": name}, **more)


def survey(*items):
    return Instrument(
        slug="live", version=1, mode="open", kind="survey", title={"en": "T"}, summary={},
        items=items,
    )  # fmt: skip


FIRST = survey(
    choice_item("trust", "yes", "no", "unsure"),
    text_item("why", relevant="${trust} = 'no'"),
    QuestionGroup(
        name="more", items=(SelectMultiple(name="seen", text={"en": "s"}, options=options(*"abc")),)
    ),
    Repeat(name="child", text={"en": "c"}, items=(Integer(name="age", text={"en": "a"}),)),
)


def version_after(before, act):
    now = next_version(act(InstrumentDraft(instrument=before)), before)
    assert faults_of_mapping([before], now) == []
    return check_instrument(now)


def test_a_question_that_is_renamed_keeps_its_answers_and_its_conditions():
    trust = FIRST.items[0]
    renamed = msgspec.structs.replace(trust, name="confidence")
    second = version_after(FIRST, lambda draft: replace_part(draft, "trust", renamed))
    assert second.follows.renamed == {"confidence": "trust"}
    assert second.question("why").relevant == "${confidence} = 'no'"
    assert HarmonisedVersions([FIRST, second]).answers(1, {"trust": "no"}) == {"confidence": "no"}


def test_a_question_renamed_twice_in_one_draft_is_still_the_same():
    def twice(draft):
        one = msgspec.structs.replace(draft.find("trust"), name="x")
        return replace_part(
            replace_part(draft, "trust", one), "x", msgspec.structs.replace(one, name="y")
        )

    assert version_after(FIRST, twice).follows.renamed == {"y": "trust"}


def test_within_a_repeat_a_name_is_carried_in_every_round():
    years = Integer(name="years", text={"en": "a"})
    second = version_after(FIRST, lambda draft: replace_part(draft, "age", years))
    answers = HarmonisedVersions([FIRST, second]).answers(
        1, {"child": [{"age": 3}, {"age": 4}, {}]}
    )
    assert answers == {"child": [{"years": 3}, {"years": 4}, {}]}


def test_merged_options_count_as_the_one_that_stays():
    second = version_after(FIRST, lambda draft: merge_options(draft, "seen", "a", "b"))
    harmony = HarmonisedVersions([FIRST, second])
    assert harmony.answers(1, {"seen": ["a", "b", "c"]}) == {"seen": ["b", "c"]}
    assert [(one.name, one.why) for one in harmony.breaks()] == [
        ("seen", "answers to choose from were merged")
    ]


def test_an_option_no_longer_offered_keeps_the_answers_that_chose_it():
    less = choice_item("trust", "yes", "no")
    second = version_after(FIRST, lambda draft: replace_part(draft, "trust", less))
    harmony = HarmonisedVersions([FIRST, second])
    assert second.follows.dropped == {"trust": ("unsure",)}
    assert harmony.answers(1, {"trust": "unsure"}) == {"trust": "unsure"}
    assert list(harmony.options("trust")) == ["yes", "no", "unsure"]


def test_a_retired_question_is_still_one_that_was_asked():
    second = version_after(FIRST, lambda draft: remove_part(draft, "why"))
    harmony = HarmonisedVersions([FIRST, second])
    assert second.follows.retired == ("why",)
    assert harmony.answers(1, {"why": "so"}) == {"why": "so"}
    assert "why" in harmony.questions()
    assert [(one.name, one.why) for one in harmony.breaks()] == [("why", "it is no longer asked")]


def test_other_words_are_a_break():
    other = msgspec.structs.replace(FIRST.items[0], text={"en": "Other words"})
    second = version_after(FIRST, lambda draft: replace_part(draft, "trust", other))
    (found,) = HarmonisedVersions([FIRST, second]).breaks()
    assert (found.name, found.version, found.why) == ("trust", 2, "the question was reworded")


def test_another_type_of_question_is_another_question():
    typed = text_item("trust")
    second = next_version(replace_part(InstrumentDraft(instrument=FIRST), "trust", typed), FIRST)
    faults = faults_of_mapping([FIRST], second)
    assert [(one.where, one.sentence[:20]) for one in faults] == [("trust", "was the name of anot")]


def test_the_name_of_a_retired_question_is_never_given_again():
    second = version_after(FIRST, lambda draft: remove_part(draft, "why"))
    third = next_version(add_part(InstrumentDraft(instrument=second), text_item("why")), second)
    assert [one.where for one in faults_of_mapping([FIRST, second], third)] == ["why"]


WRONG = [
    ({"kept": ()}, "must appear exactly once"),
    ({"retired": ("trust",)}, "must appear exactly once"),
    ({"new": ("shoe",)}, "is not a question of this version"),
    ({"renamed": {"trust": "gone"}}, "must appear exactly once"),
    ({"version": 7}, "must say how it follows"),
]


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_a_map_that_is_not_whole_is_refused(change, said):
    second = version_after(FIRST, lambda draft: draft)
    mapping = msgspec.structs.replace(second.follows, **change)
    wrong = msgspec.structs.replace(second, follows=mapping)
    assert any(said in fault.sentence for fault in faults_of_mapping([FIRST], wrong))


def test_an_option_that_went_nowhere_is_refused():
    less = msgspec.structs.replace(
        FIRST, items=(choice_item("trust", "yes", "no"), *FIRST.items[1:])
    )
    second = next_version(InstrumentDraft(instrument=less), FIRST)
    wrong = msgspec.structs.replace(
        second, follows=msgspec.structs.replace(second.follows, dropped={})
    )
    assert "'unsure'" in faults_of_mapping([FIRST], wrong)[0].sentence


def test_a_question_that_others_need_is_not_removed():
    with pytest.raises(Conflict) as refused:
        remove_part(InstrumentDraft(instrument=FIRST), "trust")
    assert refused.value.code == "question.needed"


def test_the_name_of_a_removed_question_is_not_made_for_another():
    draft = remove_part(
        InstrumentDraft(instrument=survey(text_item("how_old"), text_item("b"))), "how_old"
    )
    assert free_name(draft, "How old?") == "how_old_2"


def test_of_two_questions_with_one_name_only_the_first_is_changed():
    """Drafts that were imported before names were mended can still hold such questions."""
    pair = (text_item("name"), QuestionGroup(name="g", items=(text_item("name"), text_item("why"))))
    draft = InstrumentDraft(instrument=survey(*pair))
    changed = replace_part(
        draft, "name", msgspec.structs.replace(text_item("name"), text={"en": "Another"})
    )
    first, second = (one for one in all_parts(changed.instrument.items) if one.name == "name")
    assert (first.text, second) == ({"en": "Another"}, pair[1].items[0])
    rest = remove_part(draft, "name").instrument.items
    assert [one.name for one in all_parts(rest)] == ["g", "name", "why"]


def test_what_a_phone_calls_an_answer_follows_its_questions():
    one = msgspec.structs.replace(
        survey(text_item("a"), text_item("b")), settings={"instance_name": "${a}"}
    )
    renamed = replace_part(InstrumentDraft(instrument=one), "a", text_item("z")).instrument
    assert renamed.settings == {"instance_name": "${z}"}
    assert remove_part(InstrumentDraft(instrument=renamed), "z").instrument.settings == {}


def test_a_table_whose_row_another_question_needs_is_not_removed():
    table = Grid(
        name="table", text={"en": "t"}, labels=FIVE, rows=(GridRow("fair", {"en": "Fair"}),)
    )
    draft = add_part(
        add_part(InstrumentDraft(instrument=FIRST), table),
        text_item("extra", relevant="${fair} = 1"),
    )
    with pytest.raises(Conflict):
        remove_part(draft, "table")


@pytest.mark.parametrize(
    "act",
    [
        lambda draft: add_part(draft, text_item("extra"), into="trust"),
        lambda draft: merge_options(draft, "why", "a", "b"),
    ],
)
def test_an_act_that_a_question_cannot_bear_is_refused(act):
    with pytest.raises(Invalid):
        act(InstrumentDraft(instrument=FIRST))


def test_a_name_is_plain_and_stands_once():
    draft = InstrumentDraft(instrument=FIRST)
    with pytest.raises(Conflict):
        add_part(draft, text_item("trust"))
    with pytest.raises(Invalid):
        add_part(draft, text_item("a b"))
    with pytest.raises(NotFound):
        move_part(draft, "gone", 1)


def test_a_question_moved_before_what_its_condition_needs_is_warned_of():
    draft = move_part(InstrumentDraft(instrument=FIRST), "why", -1)
    assert [part.name for part in draft.instrument.items][:2] == ["why", "trust"]
    assert [fault.where for fault in draft_warnings(draft)] == ["why"]
    assert draft_warnings(arrange_parts(draft, ["trust", "why", "more", "child"])) == []


def test_a_missing_translation_is_warned_of():
    both = msgspec.structs.replace(FIRST.items[1], text={"en": "Why", "ar": "لماذا"})
    draft = replace_part(InstrumentDraft(instrument=FIRST), "why", both)
    found = {(one.where, one.sentence) for one in draft_warnings(draft)}
    assert ("trust.text", "has no text in ar") in found
    assert ("why.text", "has no text in ar") not in found


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["rename", "reword", "add", "remove", "move", "merge", "drop", "retype", "publish"]
        ),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=25,
)


def apply_random_edit(draft, act, one, other, number):
    """The draft after an edit chosen at random; where the edit does not fit, the draft as it
    was.
    """
    names = [*draft.instrument.answer_names()]
    if act == "add" or not names:
        part = [choice_item, text_item][other % 2](f"q{number}")
        return add_part(draft, part, behind=names[one % len(names)] if names and one % 2 else "")
    name = names[one % len(names)]
    part = draft.find(name)
    if act == "rename":
        return replace_part(draft, name, msgspec.structs.replace(part, name=f"n{number}"))
    if act == "reword":
        return replace_part(draft, name, msgspec.structs.replace(part, text={"en": f"w{number}"}))
    if act == "remove" and len(names) > 1:
        return remove_part(draft, name)
    if act == "move":
        return move_part(draft, name, other % 5 - 2)
    if act == "retype":
        return replace_part(
            draft, name, Agreement(name=f"t{number}", text={"en": "t"}, labels=FIVE)
        )
    if isinstance(part, SelectOne | SelectMultiple) and len(part.options) > 2:
        first, second = part.options[0].name, part.options[1].name
        if act == "merge":
            return merge_options(draft, name, first, second)
        return replace_part(draft, name, msgspec.structs.replace(part, options=part.options[1:]))
    return draft


def answers_to_everything(instrument, chance):
    """An answer to everything."""
    found = {}
    for item in instrument.all_questions():
        if isinstance(item, SelectOne):
            found[item.name] = item.options[chance % len(item.options)].name
        elif isinstance(item, SelectMultiple):
            found[item.name] = [option.name for option in item.options[: chance % 3 + 1]]
        elif isinstance(item, Repeat):
            found[item.name] = [{name: 1 for name in names_within(item)}] * (chance % 3)
        else:
            found[item.name] = 3 if isinstance(item, Agreement) else f"words {chance}"
    return found


def names_within(repeat):
    return [item.name for item in repeat.items]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTS, st.integers(0, 100))
def test_whatever_is_changed_no_answer_is_lost_and_every_version_exports(acts, chance):
    chain, draft = [FIRST], InstrumentDraft(instrument=FIRST)
    for number, (act, one, other) in enumerate([*acts, ("publish", 0, 0)]):
        if act != "publish":
            try:
                draft = apply_random_edit(draft, act, one, other, number)
            except (Conflict, NotFound):
                continue
            continue
        now = next_version(draft, chain[-1])
        if faults_of_instrument(now):  # such as a group that holds nothing any more
            continue
        assert faults_of_mapping(chain, now) == []
        assert to_sheets(check_instrument(now))["survey"]
        chain.append(now)
        draft = InstrumentDraft(instrument=now)
    harmony = HarmonisedVersions(chain)
    asked = harmony.questions()
    for version in chain:
        given_ = answers_to_everything(version, chance)
        read = harmony.answers(version.version, given_)
        assert len(read) == len(given_)
        assert set(read) <= set(asked)
        for name, answer in read.items():
            if isinstance(asked[name], SelectOne | SelectMultiple):
                chosen = answer if isinstance(answer, list) else [answer]
                assert chosen
                assert set(chosen) <= set(harmony.options(name))
