"""What holds for any edits of a codebook: no id is used twice, no theme is lost without a record,
and the total of a theme and what became of it stays.
"""

import itertools

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from survey.themes.codebook_edits import apply_edit, folded_text, next_draft
from survey.themes.codebooks import (
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
    current_themes,
    ids_counted_as,
    theme_shifts,
)
from survey.themes.proposals import (
    AnyProposal,
    CandidateName,
    MergeThemes,
    NewTheme,
    SplitTheme,
    edit_from_proposal,
    is_same_proposal,
)

MANY = settings(max_examples=150, deadline=None)
CALM, LOUD = "A calm officer.", "A loud one."


def theme(name):
    return Theme(id=name, name={"en": name}, description=f"About {name}.", examples=(CALM,))


START = Codebook(version=1, themes=tuple(theme(name) for name in ("aa", "bb", "cc", "dd")))


def single_theme_edit(draft, draw):
    """A random edit that concerns a single theme."""
    name, text = draw(st.sampled_from(sorted(draft.ids()))), draw(st.sampled_from([CALM, LOUD]))
    edits = [
        # Of a name of its own: that of another theme is refused.
        Rename(theme=name, name={draw(st.sampled_from(["en", "ar"])): f"{text} {name}"}),
        Describe(theme=name, description=text),
        Seed(theme=name, words=(text, "taser")),
        Pin(theme=name, pinned=draw(st.booleans())),
        Exemplify(theme=name, text=text),
        Exclude(theme=name, text=text),
        Forget(theme=name, text=text),
    ]
    return draw(st.sampled_from(edits))


def structural_edit(draft, draw, kinds):
    """A random edit that adds, merges, splits or retires a theme, as far as the draft allows it."""
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
    """Successive versions of a codebook from START on, each made by one to four edits."""
    versions = [START]
    for count in draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)):
        draft = next_draft(versions[-1])
        for _ in range(count):
            structure = draw(st.booleans())
            edit = (
                structural_edit(draft, draw, kinds) if structure else single_theme_edit(draft, draw)
            )
            draft = apply_edit(draft, edit)
        versions.append(draft)
    return versions


def texts_coded_with(book):
    """Texts, each coded with up to three themes of this version."""
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


def theme_family(book, theme):
    """The theme with all its predecessors and successors, whose total stays the same."""
    found = {theme}
    while True:
        joined = [{one.theme, *one.into} for one in book.descent]
        more = found.union(*(names for names in joined if found & names))
        if more == found:
            return found
        found = more


@MANY
@given(histories(kinds=("add", "merge", "split")), st.data())
def test_merge_and_split_keep_the_total_of_a_family(versions, data):
    number = data.draw(st.integers(0, len(versions) - 1))
    texts = data.draw(texts_coded_with(versions[number]))
    book = versions[-1]
    codes = [current_themes(book, themes, since=versions[number].version) for themes in texts]
    for one in versions[number].ids():
        kin = theme_family(book, one)
        before = [bool(kin & set(themes)) for themes in texts]
        assert [bool(kin & set(themes)) for themes in codes] == before


@MANY
@given(histories(), st.data())
def test_a_code_is_told_in_a_theme_in_force_or_in_one_that_was_split(versions, data):
    since = data.draw(st.sampled_from(versions))
    book = versions[-1]
    split = {one.theme for one in book.descent if len(one.into) > 1}
    for themes in data.draw(texts_coded_with(since)):
        codes = current_themes(book, themes, since=since.version)
        assert set(codes) <= book.ids() | split
        assert len(set(codes)) == len(codes)
        assert current_themes(book, codes, since=book.version) == codes


@MANY
@given(histories(), st.data())
def test_telling_in_steps_and_at_once_is_the_same(versions, data):
    themes = sorted(START.ids())
    at_once = current_themes(versions[-1], themes, since=1)
    middle = data.draw(st.sampled_from(versions))
    first = current_themes(middle, themes, since=1)
    assume(set(first) <= middle.ids())
    assert current_themes(versions[-1], first, since=middle.version) == at_once


@MANY
@given(histories())
def test_what_is_told_as_a_theme_is_what_is_looked_for_under_it(versions):
    book = versions[-1]
    for one in book.ids():
        found = [
            name for name in sorted(book.used_ids()) if one in current_themes(book, [name], since=0)
        ]
        assert list(ids_counted_as(book, one)) == found


@MANY
@given(histories())
def test_a_codebook_and_its_edits_survive_json(versions):
    for book in versions:
        assert msgspec.json.decode(msgspec.json.encode(book), type=Codebook) == book


@MANY
@given(histories())
def test_the_edits_of_a_version_make_it_again(versions):
    for before, after in itertools.pairwise(versions):
        draft = next_draft(before)
        for edit in after.edits:
            draft = apply_edit(draft, edit)
        assert draft == after


@MANY
@given(histories())
def test_no_two_themes_have_one_name(versions):
    for book in versions:
        names = [
            (code, folded_text(text)) for one in book.themes for code, text in one.name.items()
        ]
        assert len(set(names)) == len(names)


@MANY
@given(histories())
def test_no_text_speaks_for_a_theme_and_against_it(versions):
    for one in versions[-1].themes:
        assert set(one.examples).isdisjoint(one.counterexamples)


@pytest.mark.slow
@MANY
@given(histories(), st.data())
def test_every_theme_that_moved_is_logged_and_no_other(versions, data):
    book = versions[-1]
    (before,) = data.draw(st.tuples(st.sets(st.sampled_from(sorted(START.ids())))))
    after = data.draw(st.sets(st.sampled_from(sorted(book.ids())), max_size=3))
    found = theme_shifts(book, sorted(before), sorted(after), since=1)
    assert {was for was, _ in found} - {""} == before - after
    assert {became for _, became in found} - {""} >= after - before
    assert all(was != became for was, became in found)


def test_a_merge_that_is_split_again_and_a_part_that_is_retired():
    merged = apply_edit(next_draft(START), Merge(theme="aa", into="bb"))
    split = apply_edit(next_draft(merged), Split(theme="bb", parts=(theme("b1"), theme("b2"))))
    book = apply_edit(next_draft(split), Retire(theme="b2"))
    assert book.descent == (
        Descent(2, "aa", ("bb",)),
        Descent(3, "bb", ("b1", "b2")),
        Descent(4, "b2", ()),
    )
    assert current_themes(book, ["aa", "cc"], since=1) == ("bb", "cc")
    assert current_themes(book, ["b1", "b2"], since=3) == ("b1",)
    assert theme_shifts(book, ["aa"], ["b1", "cc"], since=1) == [("aa", "b1"), ("", "cc")]


def test_a_merged_theme_keeps_what_both_were_taught():
    draft = apply_edit(next_draft(START), Exemplify(theme="aa", text=LOUD))
    draft = apply_edit(draft, Exclude(theme="bb", text=LOUD))
    draft = apply_edit(draft, Pin(theme="aa"))
    whole = apply_edit(draft, Merge(theme="aa", into="bb")).get("bb")
    assert (whole.examples, whole.counterexamples, whole.pinned) == ((CALM, LOUD), (), True)


CURFEW = CandidateTheme(label="curfew", words=("curfew", "evening"), quotes=(LOUD,), size=31)
NIGHT = msgspec.structs.replace(CURFEW, words=("night", "evening"), quotes=(CALM,))
HORSES = msgspec.structs.replace(CURFEW, words=("horses",), quotes=(CALM + CALM,))
NEW, JOIN = NewTheme(theme=CURFEW), MergeThemes(theme="aa", into="bb", likeness=0.93)
DIVIDE = SplitTheme(theme="cc", parts=(CURFEW, HORSES))
NAMES = [
    CandidateName("curfew", "Curfews", "About curfews."),
    CandidateName("horses", "Horses", "About horses."),
]


@pytest.mark.parametrize(("proposal", "names"), [(NEW, 1), (JOIN, 0), (DIVIDE, 2)])
def test_a_proposal_becomes_an_edit_that_holds(proposal, names):
    draft = apply_edit(next_draft(START), edit_from_proposal(proposal, NAMES[:names]))
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
    assert is_same_proposal(one, other) == is_same_proposal(other, one) == same
