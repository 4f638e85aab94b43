"""What must hold for any edits: ids for ever, nothing lost without a trace, totals of a family."""

import itertools

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from survey.codebooks import (
    Add,
    CandidateTheme,
    Codebook,
    Descent,
    Describe,
    Exclude,
    Exemplify,
    Forget,
    Merge,
    Pin,
    Rename,
    Retire,
    Seed,
    Split,
    Theme,
    carried,
    family,
    shifted,
    told_as,
)
from survey.edits import draft_of, edited
from survey.proposals import AnyProposal, MergeThemes, Named, NewTheme, SplitTheme, alike, as_edit

MANY = settings(max_examples=150, deadline=None)
CALM, LOUD = "A calm officer.", "A loud one."


def theme(name):
    return Theme(id=name, name={"en": name}, description=f"About {name}.", examples=(CALM,))


START = Codebook(version=1, themes=tuple(theme(name) for name in ("aa", "bb", "cc", "dd")))


def alone(draft, draw):
    """An edit that concerns one theme alone."""
    name, text = draw(st.sampled_from(sorted(draft.ids()))), draw(st.sampled_from([CALM, LOUD]))
    edits = [
        Rename(theme=name, name={draw(st.sampled_from(["en", "ar"])): text}),
        Describe(theme=name, description=text),
        Seed(theme=name, words=(text, "taser")),
        Pin(theme=name, pinned=draw(st.booleans())),
        Exemplify(theme=name, text=text),
        Exclude(theme=name, text=text),
        Forget(theme=name, text=text),
    ]
    return draw(st.sampled_from(edits))


def structural(draft, draw, kinds):
    """An edit that adds, joins, divides or ends a theme, as far as the draft allows it."""
    new = (theme(f"t{number}") for number in itertools.count())
    fresh = (one for one in new if one.id not in draft.used_ids())
    names = draw(st.permutations(sorted(draft.ids())))
    kind = draw(st.sampled_from(kinds if len(names) > 1 else ["add"]))
    if kind == "add":
        return Add(theme=next(fresh))
    if kind == "merge":
        return Merge(theme=names[0], into=names[1])
    if kind == "split":
        return Split(theme=names[0], parts=tuple(itertools.islice(fresh, draw(st.integers(2, 3)))))
    return Retire(theme=names[0])


@st.composite
def histories(draw, kinds=("add", "merge", "split", "retire")):
    """Versions one after the other, the first one given, each by up to four edits."""
    versions = [START]
    for count in draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)):
        draft = draft_of(versions[-1])
        for _ in range(count):
            structure = draw(st.booleans())
            edit = structural(draft, draw, kinds) if structure else alone(draft, draw)
            draft = edited(draft, edit)
        versions.append(draft)
    return versions


def texts_of(book):
    """Texts with up to three themes of a version each."""
    return st.lists(st.lists(st.sampled_from(sorted(book.ids())), max_size=3), max_size=12)


@MANY
@given(histories())
def test_an_id_is_given_once_for_ever(versions):
    for before, after in itertools.pairwise(versions):
        assert len(after.ids()) == len(after.themes)
        assert before.used_ids() <= after.used_ids()
        assert (after.ids() - before.ids()).isdisjoint(before.used_ids())


@MANY
@given(histories())
def test_no_theme_goes_without_a_trace(versions):
    for before, after in itertools.pairwise(versions):
        gone = [one.theme for one in after.descent if one.version == after.version]
        assert len(set(gone)) == len(gone)
        assert before.ids() - after.ids() == set(gone) & before.ids()
        assert after.descent[: len(before.descent)] == before.descent


@MANY
@given(histories(kinds=("add", "merge", "split")), st.data())
def test_merge_and_split_keep_the_total_of_a_family(versions, data):
    number = data.draw(st.integers(0, len(versions) - 1))
    texts = data.draw(texts_of(versions[number]))
    book = versions[-1]
    told = [carried(book, themes, since=versions[number].version) for themes in texts]
    for one in versions[number].ids():
        kin = family(book, one)
        before = [bool(kin & set(themes)) for themes in texts]
        assert [bool(kin & set(themes)) for themes in told] == before


@MANY
@given(histories(), st.data())
def test_a_code_is_told_in_a_theme_in_force_or_in_one_that_was_split(versions, data):
    since = data.draw(st.sampled_from(versions))
    book = versions[-1]
    split = {one.theme for one in book.descent if len(one.into) > 1}
    for themes in data.draw(texts_of(since)):
        told = carried(book, themes, since=since.version)
        assert set(told) <= book.ids() | split
        assert len(set(told)) == len(told)
        assert carried(book, told, since=book.version) == told


@MANY
@given(histories(), st.data())
def test_telling_in_steps_and_at_once_is_the_same(versions, data):
    themes = sorted(START.ids())
    at_once = carried(versions[-1], themes, since=1)
    middle = data.draw(st.sampled_from(versions))
    first = carried(middle, themes, since=1)
    assume(set(first) <= middle.ids())
    assert carried(versions[-1], first, since=middle.version) == at_once


@MANY
@given(histories())
def test_what_is_told_as_a_theme_is_what_is_looked_for_under_it(versions):
    book = versions[-1]
    for one in book.ids():
        found = [name for name in sorted(book.used_ids()) if one in carried(book, [name], since=0)]
        assert list(told_as(book, one)) == found


@MANY
@given(histories())
def test_a_codebook_and_its_edits_survive_json(versions):
    for book in versions:
        assert msgspec.json.decode(msgspec.json.encode(book), type=Codebook) == book


@MANY
@given(histories())
def test_the_edits_of_a_version_make_it_again(versions):
    for before, after in itertools.pairwise(versions):
        draft = draft_of(before)
        for edit in after.edits:
            draft = edited(draft, edit)
        assert draft == after


@MANY
@given(histories())
def test_no_text_speaks_for_a_theme_and_against_it(versions):
    for one in versions[-1].themes:
        assert set(one.examples).isdisjoint(one.counterexamples)


@MANY
@given(histories(), st.data())
def test_every_theme_that_moved_is_logged_and_no_other(versions, data):
    book = versions[-1]
    (before,) = data.draw(st.tuples(st.sets(st.sampled_from(sorted(START.ids())))))
    after = data.draw(st.sets(st.sampled_from(sorted(book.ids())), max_size=3))
    found = shifted(book, sorted(before), sorted(after), since=1)
    assert {was for was, _ in found} - {""} == before - after
    assert {became for _, became in found} - {""} >= after - before
    assert all(was != became for was, became in found)


def test_a_merge_that_is_split_again_and_a_part_that_is_retired():
    merged = edited(draft_of(START), Merge(theme="aa", into="bb"))
    split = edited(draft_of(merged), Split(theme="bb", parts=(theme("b1"), theme("b2"))))
    book = edited(draft_of(split), Retire(theme="b2"))
    assert book.descent == (
        Descent(2, "aa", ("bb",)),
        Descent(3, "bb", ("b1", "b2")),
        Descent(4, "b2", ()),
    )
    assert carried(book, ["aa", "cc"], since=1) == ("bb", "cc")
    assert carried(book, ["b1", "b2"], since=3) == ("b1",)
    assert family(book, "aa") == {"aa", "bb", "b1", "b2"}
    assert shifted(book, ["aa"], ["b1", "cc"], since=1) == [("aa", "b1"), ("", "cc")]


def test_a_merged_theme_keeps_what_both_were_taught():
    draft = edited(draft_of(START), Exemplify(theme="aa", text=LOUD))
    draft = edited(draft, Exclude(theme="bb", text=LOUD))
    draft = edited(draft, Pin(theme="aa"))
    whole = edited(draft, Merge(theme="aa", into="bb")).get("bb")
    assert (whole.examples, whole.counterexamples, whole.pinned) == ((CALM, LOUD), (), True)


CURFEW = CandidateTheme(label="curfew", words=("curfew", "evening"), quotes=(LOUD,), size=31)
NIGHT = msgspec.structs.replace(CURFEW, words=("night", "evening"), quotes=(CALM,))
HORSES = msgspec.structs.replace(CURFEW, words=("horses",), quotes=(CALM + CALM,))
NEW, JOIN = NewTheme(theme=CURFEW), MergeThemes(theme="aa", into="bb", likeness=0.93)
DIVIDE = SplitTheme(theme="cc", parts=(CURFEW, HORSES))
NAMES = [Named("curfew", "Curfews", "About curfews."), Named("horses", "Horses", "About horses.")]


@pytest.mark.parametrize(("proposal", "names"), [(NEW, 1), (JOIN, 0), (DIVIDE, 2)])
def test_a_proposal_becomes_an_edit_that_holds(proposal, names):
    draft = edited(draft_of(START), as_edit(proposal, NAMES[:names]))
    assert [draft.get(one.id).name["en"] for one in NAMES[:names]] == ["Curfews", "Horses"][:names]
    assert msgspec.json.decode(msgspec.json.encode(proposal), type=AnyProposal) == proposal


SAME = [
    (JOIN, MergeThemes(theme="bb", into="aa", likeness=0.9), True),
    (JOIN, MergeThemes(theme="aa", into="cc", likeness=0.9), False),
    (DIVIDE, SplitTheme(theme="cc", parts=(HORSES, NIGHT)), True),
    (DIVIDE, SplitTheme(theme="dd", parts=(CURFEW, HORSES)), False),
    (NEW, NewTheme(theme=NIGHT), True),
    (NEW, NewTheme(theme=HORSES), False),
    (NEW, DIVIDE, False),
]


@pytest.mark.parametrize(("one", "other", "same"), SAME)
def test_the_same_is_proposed_once(one, other, same):
    assert alike(one, other) == alike(other, one) == same
