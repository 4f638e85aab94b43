"""Proposals: what a machine would change in the codebook, and the edits people make of them."""

from collections.abc import Sequence

import msgspec

from survey.codebooks import Add, AnyEdit, CandidateTheme, Merge, Split, Theme
from survey.problems import Invalid


class Proposal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One change that a machine proposes; it changes nothing by itself."""


class NewTheme(Proposal, frozen=True, kw_only=True, tag="new"):
    theme: CandidateTheme


class MergeThemes(Proposal, frozen=True, kw_only=True, tag="merge"):
    """`likeness` is the cosine of the two centres, or the share of texts they have in common."""

    theme: str
    into: str
    likeness: float


class SplitTheme(Proposal, frozen=True, kw_only=True, tag="split"):
    theme: str
    parts: tuple[CandidateTheme, ...]


AnyProposal = NewTheme | MergeThemes | SplitTheme


class Named(msgspec.Struct, frozen=True):
    """What a person calls a candidate that they select."""

    id: str
    name: str
    description: str


def as_edit(proposal: AnyProposal, names: Sequence[Named] = ()) -> AnyEdit:
    """The edit that does what is proposed; `names` has one entry a candidate, in order."""
    match proposal:
        case MergeThemes():
            return Merge(theme=proposal.theme, into=proposal.into)
        case NewTheme():
            return Add(theme=selected((proposal.theme,), names)[0])
        case SplitTheme():
            return Split(theme=proposal.theme, parts=selected(proposal.parts, names))


def selected(candidates: Sequence[CandidateTheme], names: Sequence[Named]) -> tuple[Theme, ...]:
    if len(names) != len(candidates):
        raise Invalid(
            "proposal.names",
            f"{len(names)} of {len(candidates)} proposed themes were named.",
            "Give each of them an id, a name and a description.",
        )
    return tuple(
        Theme(
            id=one.id,
            name={"en": one.name},
            description=one.description,
            examples=candidate.quotes,
            seeds=candidate.words,
        )
        for one, candidate in zip(names, candidates, strict=True)
    )


def about(proposal: AnyProposal) -> frozenset[str]:
    """The themes of the codebook that would change."""
    match proposal:
        case MergeThemes():
            return frozenset((proposal.theme, proposal.into))
        case SplitTheme():
            return frozenset((proposal.theme,))
        case NewTheme():
            return frozenset()


def candidates(proposal: AnyProposal) -> tuple[CandidateTheme, ...]:
    match proposal:
        case NewTheme():
            return (proposal.theme,)
        case SplitTheme():
            return proposal.parts
        case MergeThemes():
            return ()


def quoting(proposal: AnyProposal, words: dict[str, str]) -> AnyProposal:
    """The proposal with what `words` has for each of its quotes; others are left out."""
    replace = msgspec.structs.replace
    told = tuple(
        replace(one, quotes=tuple(words[quote] for quote in one.quotes if quote in words))
        for one in candidates(proposal)
    )
    match proposal:
        case NewTheme():
            return replace(proposal, theme=told[0])
        case SplitTheme():
            return replace(proposal, parts=told)
        case MergeThemes():
            return proposal


def alike(one: AnyProposal, other: AnyProposal) -> bool:
    """Whether both propose the same, so that a person is asked once.

    New themes are the same where they share a quote, or half of the words of either.
    """
    match one, other:
        case MergeThemes(), MergeThemes():
            return {one.theme, one.into} == {other.theme, other.into}
        case SplitTheme(), SplitTheme():
            return one.theme == other.theme
        case NewTheme(), NewTheme():
            mine, theirs = set(one.theme.words), set(other.theme.words)
            shared = len(mine & theirs) >= max(1, min(len(mine), len(theirs)) / 2)
            return shared or not set(one.theme.quotes).isdisjoint(other.theme.quotes)
    return False
