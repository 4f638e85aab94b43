"""A survey may be changed in any way while it runs: no answer is lost, every version exports."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey.formats.xlsform import rows_of
from survey.instruments import (
    Agreement,
    Choice,
    Choices,
    Grid,
    Group,
    Harmony,
    Instrument,
    Option,
    Repeat,
    Row,
    Text,
    Whole,
    check,
    every,
    faults_of,
    faults_of_map,
)
from survey.instruments.drafts import (
    Draft,
    add,
    arrange,
    free_name,
    merge_options,
    move,
    publishable,
    put,
    remove,
    warnings,
)
from survey.problems import Conflict, Invalid, NotFound

FIVE = tuple({"en": word} for word in "abcde")


def options(*names):
    return tuple(Option(name, {"en": name}) for name in names)


def choice(name, *names, **more):
    return Choice(name=name, text={"en": name}, options=options(*(names or "abc")), **more)


def text(name, **more):
    return Text(name=name, text={"en": name}, **more)


def survey(*items):
    return Instrument(
        slug="live", version=1, mode="open", kind="survey", title={"en": "T"}, summary={},
        items=items,
    )  # fmt: skip


FIRST = survey(
    choice("trust", "yes", "no", "unsure"),
    text("why", relevant="${trust} = 'no'"),
    Group(name="more", items=(Choices(name="seen", text={"en": "s"}, options=options(*"abc")),)),
    Repeat(name="child", text={"en": "c"}, items=(Whole(name="age", text={"en": "a"}),)),
)


def following(before, act):
    now = publishable(act(Draft(instrument=before)), before)
    assert faults_of_map([before], now) == []
    return check(now)


def test_a_question_that_is_renamed_keeps_its_answers_and_its_conditions():
    trust = FIRST.items[0]
    renamed = msgspec.structs.replace(trust, name="confidence")
    second = following(FIRST, lambda draft: put(draft, "trust", renamed))
    assert second.follows.renamed == {"confidence": "trust"}
    assert second.named("why").relevant == "${confidence} = 'no'"
    assert Harmony([FIRST, second]).answers(1, {"trust": "no"}) == {"confidence": "no"}


def test_a_question_renamed_twice_in_one_draft_is_still_the_same():
    def twice(draft):
        one = msgspec.structs.replace(draft.find("trust"), name="x")
        return put(put(draft, "trust", one), "x", msgspec.structs.replace(one, name="y"))

    assert following(FIRST, twice).follows.renamed == {"y": "trust"}


def test_within_a_repeat_a_name_is_carried_in_every_round():
    years = Whole(name="years", text={"en": "a"})
    second = following(FIRST, lambda draft: put(draft, "age", years))
    answers = Harmony([FIRST, second]).answers(1, {"child": [{"age": 3}, {"age": 4}, {}]})
    assert answers == {"child": [{"years": 3}, {"years": 4}, {}]}


def test_merged_options_count_as_the_one_that_stays():
    second = following(FIRST, lambda draft: merge_options(draft, "seen", "a", "b"))
    harmony = Harmony([FIRST, second])
    assert harmony.answers(1, {"seen": ["a", "b", "c"]}) == {"seen": ["b", "c"]}
    assert [(one.name, one.why) for one in harmony.breaks()] == [
        ("seen", "answers to choose from were merged")
    ]


def test_an_option_no_longer_offered_keeps_the_answers_that_chose_it():
    less = choice("trust", "yes", "no")
    second = following(FIRST, lambda draft: put(draft, "trust", less))
    harmony = Harmony([FIRST, second])
    assert second.follows.dropped == {"trust": ("unsure",)}
    assert harmony.answers(1, {"trust": "unsure"}) == {"trust": "unsure"}
    assert list(harmony.options("trust")) == ["yes", "no", "unsure"]


def test_a_retired_question_is_still_one_that_was_asked():
    second = following(FIRST, lambda draft: remove(draft, "why"))
    harmony = Harmony([FIRST, second])
    assert second.follows.retired == ("why",)
    assert harmony.answers(1, {"why": "so"}) == {"why": "so"}
    assert "why" in harmony.questions()
    assert [(one.name, one.why) for one in harmony.breaks()] == [("why", "it is no longer asked")]


def test_other_words_are_a_break():
    other = msgspec.structs.replace(FIRST.items[0], text={"en": "Other words"})
    second = following(FIRST, lambda draft: put(draft, "trust", other))
    (found,) = Harmony([FIRST, second]).breaks()
    assert (found.name, found.version, found.why) == ("trust", 2, "the question was reworded")


def test_another_type_of_question_is_another_question():
    typed = text("trust")
    second = publishable(put(Draft(instrument=FIRST), "trust", typed), FIRST)
    faults = faults_of_map([FIRST], second)
    assert [(one.where, one.sentence[:20]) for one in faults] == [("trust", "was the name of anot")]


def test_the_name_of_a_retired_question_is_never_given_again():
    second = following(FIRST, lambda draft: remove(draft, "why"))
    third = publishable(add(Draft(instrument=second), text("why")), second)
    assert [one.where for one in faults_of_map([FIRST, second], third)] == ["why"]


WRONG = [
    ({"kept": ()}, "must appear exactly once"),
    ({"retired": ("trust",)}, "must appear exactly once"),
    ({"new": ("shoe",)}, "is not a question of this version"),
    ({"renamed": {"trust": "gone"}}, "must appear exactly once"),
    ({"version": 7}, "must say how it follows"),
]


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_a_map_that_is_not_whole_is_refused(change, said):
    second = following(FIRST, lambda draft: draft)
    told = msgspec.structs.replace(second.follows, **change)
    wrong = msgspec.structs.replace(second, follows=told)
    assert any(said in fault.sentence for fault in faults_of_map([FIRST], wrong))


def test_an_option_that_went_nowhere_is_refused():
    less = msgspec.structs.replace(FIRST, items=(choice("trust", "yes", "no"), *FIRST.items[1:]))
    second = publishable(Draft(instrument=less), FIRST)
    wrong = msgspec.structs.replace(
        second, follows=msgspec.structs.replace(second.follows, dropped={})
    )
    assert "'unsure'" in faults_of_map([FIRST], wrong)[0].sentence


def test_a_question_that_others_need_is_not_removed():
    with pytest.raises(Conflict) as refused:
        remove(Draft(instrument=FIRST), "trust")
    assert refused.value.code == "question.needed"


def test_the_name_of_a_removed_question_is_not_made_for_another():
    draft = remove(Draft(instrument=survey(text("how_old"), text("b"))), "how_old")
    assert free_name(draft, "How old?") == "how_old_2"


def test_of_two_questions_with_one_name_only_the_first_is_changed():
    """Drafts that were imported before names were mended can still hold such questions."""
    pair = (text("name"), Group(name="g", items=(text("name"), text("why"))))
    draft = Draft(instrument=survey(*pair))
    changed = put(draft, "name", msgspec.structs.replace(text("name"), text={"en": "Another"}))
    first, second = (one for one in every(changed.instrument.items) if one.name == "name")
    assert (first.text, second) == ({"en": "Another"}, pair[1].items[0])
    rest = remove(draft, "name").instrument.items
    assert [one.name for one in every(rest)] == ["g", "name", "why"]


def test_what_a_phone_calls_an_answer_follows_its_questions():
    one = msgspec.structs.replace(survey(text("a"), text("b")), settings={"instance_name": "${a}"})
    renamed = put(Draft(instrument=one), "a", text("z")).instrument
    assert renamed.settings == {"instance_name": "${z}"}
    assert remove(Draft(instrument=renamed), "z").instrument.settings == {}


def test_a_table_whose_row_another_question_needs_is_not_removed():
    table = Grid(name="table", text={"en": "t"}, labels=FIVE, rows=(Row("fair", {"en": "Fair"}),))
    draft = add(add(Draft(instrument=FIRST), table), text("extra", relevant="${fair} = 1"))
    with pytest.raises(Conflict):
        remove(draft, "table")


@pytest.mark.parametrize(
    "act",
    [
        lambda draft: add(draft, text("extra"), into="trust"),
        lambda draft: merge_options(draft, "why", "a", "b"),
    ],
)
def test_an_act_that_a_question_cannot_bear_is_refused(act):
    with pytest.raises(Invalid):
        act(Draft(instrument=FIRST))


def test_a_name_is_plain_and_stands_once():
    draft = Draft(instrument=FIRST)
    with pytest.raises(Conflict):
        add(draft, text("trust"))
    with pytest.raises(Invalid):
        add(draft, text("a b"))
    with pytest.raises(NotFound):
        move(draft, "gone", 1)


def test_a_question_moved_before_what_its_condition_needs_is_warned_of():
    draft = move(Draft(instrument=FIRST), "why", -1)
    assert [part.name for part in draft.instrument.items][:2] == ["why", "trust"]
    assert [fault.where for fault in warnings(draft)] == ["why"]
    assert warnings(arrange(draft, ["trust", "why", "more", "child"])) == []


def test_a_missing_translation_is_warned_of():
    both = msgspec.structs.replace(FIRST.items[1], text={"en": "Why", "ar": "لماذا"})
    draft = put(Draft(instrument=FIRST), "why", both)
    found = {(one.where, one.sentence) for one in warnings(draft)}
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


def do(draft, act, one, other, number):
    """A random act; one that is refused changes nothing."""
    names = [*draft.instrument.answer_names()]
    if act == "add" or not names:
        part = [choice, text][other % 2](f"q{number}")
        return add(draft, part, behind=names[one % len(names)] if names and one % 2 else "")
    name = names[one % len(names)]
    part = draft.find(name)
    if act == "rename":
        return put(draft, name, msgspec.structs.replace(part, name=f"n{number}"))
    if act == "reword":
        return put(draft, name, msgspec.structs.replace(part, text={"en": f"w{number}"}))
    if act == "remove" and len(names) > 1:
        return remove(draft, name)
    if act == "move":
        return move(draft, name, other % 5 - 2)
    if act == "retype":
        return put(draft, name, Agreement(name=f"t{number}", text={"en": "t"}, labels=FIVE))
    if isinstance(part, Choice | Choices) and len(part.options) > 2:
        first, second = part.options[0].name, part.options[1].name
        if act == "merge":
            return merge_options(draft, name, first, second)
        return put(draft, name, msgspec.structs.replace(part, options=part.options[1:]))
    return draft


def answers_to(instrument, chance):
    """An answer to everything."""
    found = {}
    for item in instrument.leaves():
        if isinstance(item, Choice):
            found[item.name] = item.options[chance % len(item.options)].name
        elif isinstance(item, Choices):
            found[item.name] = [option.name for option in item.options[: chance % 3 + 1]]
        elif isinstance(item, Repeat):
            found[item.name] = [{name: 1 for name in inner(item)}] * (chance % 3)
        else:
            found[item.name] = 3 if isinstance(item, Agreement) else f"words {chance}"
    return found


def inner(repeat):
    return [item.name for item in repeat.items]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTS, st.integers(0, 100))
def test_whatever_is_changed_no_answer_is_lost_and_every_version_exports(acts, chance):
    chain, draft = [FIRST], Draft(instrument=FIRST)
    for number, (act, one, other) in enumerate([*acts, ("publish", 0, 0)]):
        if act != "publish":
            try:
                draft = do(draft, act, one, other, number)
            except (Conflict, NotFound):
                continue
            continue
        now = publishable(draft, chain[-1])
        if faults_of(now):  # such as a group that holds nothing any more
            continue
        assert faults_of_map(chain, now) == []
        assert rows_of(check(now))["survey"]
        chain.append(now)
        draft = Draft(instrument=now)
    harmony = Harmony(chain)
    asked = harmony.questions()
    for version in chain:
        given_ = answers_to(version, chance)
        read = harmony.answers(version.version, given_)
        assert len(read) == len(given_)
        assert set(read) <= set(asked)
        for name, answer in read.items():
            if isinstance(asked[name], Choice | Choices):
                chosen = answer if isinstance(answer, list) else [answer]
                assert chosen
                assert set(chosen) <= set(harmony.options(name))
