"""Proposals: changes to the codebook that the machine suggests, what it discovered them from, and
the edits made from them.
"""

from collections.abc import Sequence

import msgspec

from survey.problems import Conflict, Invalid, NotFound
from survey.themes.codebooks import Add, AnyEdit, CandidateTheme, Merge, Split, Theme


class Proposal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One change that the machine proposes; it changes nothing by itself."""


class NewTheme(Proposal, frozen=True, kw_only=True, tag="new"):
    theme: CandidateTheme


class MergeThemes(Proposal, frozen=True, kw_only=True, tag="merge"):
    """A proposal to merge two themes; `likeness` is the cosine of the two centres, or the share of
    texts that both have.
    """

    theme: str
    into: str
    likeness: float


class SplitTheme(Proposal, frozen=True, kw_only=True, tag="split"):
    theme: str
    parts: tuple[CandidateTheme, ...]


AnyProposal = NewTheme | MergeThemes | SplitTheme


class CandidateName(msgspec.Struct, frozen=True):
    """The id, name and description that a person gives a candidate theme."""

    id: str
    name: str
    description: str


def edit_from_proposal(proposal: AnyProposal, names: Sequence[CandidateName] = ()) -> AnyEdit:
    """The edit that carries out a proposal; `names` has one entry per candidate, in order."""
    match proposal:
        case MergeThemes():
            return Merge(theme=proposal.theme, into=proposal.into)
        case NewTheme():
            return Add(theme=themes_from_candidates((proposal.theme,), names)[0])
        case SplitTheme():
            return Split(theme=proposal.theme, parts=themes_from_candidates(proposal.parts, names))


def themes_from_candidates(
    candidates: Sequence[CandidateTheme], names: Sequence[CandidateName]
) -> tuple[Theme, ...]:
    if len(names) != len(candidates):
        raise missing_theme_names(len(names), len(candidates))
    return tuple(
        Theme(
            id=candidate_name.id,
            name={"en": candidate_name.name},
            description=candidate_name.description,
            examples=candidate.quotes,
            seeds=candidate.words,
        )
        for candidate_name, candidate in zip(names, candidates, strict=True)
    )


missing_theme_names = Invalid.of(
    "proposal.names",
    "{named} of {proposed} proposed themes were named.",
    "Give each of them an id, a name and a description.",
)


def affected_themes(proposal: AnyProposal) -> frozenset[str]:
    """The themes of the codebook that a proposal would change."""
    match proposal:
        case MergeThemes():
            return frozenset((proposal.theme, proposal.into))
        case SplitTheme():
            return frozenset((proposal.theme,))
        case NewTheme():
            return frozenset()


def proposal_candidates(proposal: AnyProposal) -> tuple[CandidateTheme, ...]:
    match proposal:
        case NewTheme():
            return (proposal.theme,)
        case SplitTheme():
            return proposal.parts
        case MergeThemes():
            return ()


def with_quoted_words(proposal: AnyProposal, words: dict[str, str]) -> AnyProposal:
    """The proposal with each quote replaced by its words, or left out if `words` lacks it."""
    replace = msgspec.structs.replace
    themes = tuple(
        replace(
            candidate, quotes=tuple(words[quote] for quote in candidate.quotes if quote in words)
        )
        for candidate in proposal_candidates(proposal)
    )
    match proposal:
        case NewTheme():
            return replace(proposal, theme=themes[0])
        case SplitTheme():
            return replace(proposal, parts=themes)
        case MergeThemes():
            return proposal


def is_same_proposal(proposal: AnyProposal, other: AnyProposal) -> bool:
    """True if both propose the same thing, so that a person is asked only once.

    New themes are the same if they share a quote, or half of the words of either.
    """
    match proposal, other:
        case MergeThemes(), MergeThemes():
            return {proposal.theme, proposal.into} == {other.theme, other.into}
        case SplitTheme(), SplitTheme():
            return proposal.theme == other.theme
        case NewTheme(), NewTheme():
            mine, theirs = set(proposal.theme.words), set(other.theme.words)
            # At least one word, or two themes without words would be the same.
            shared = len(mine & theirs) >= max(1, min(len(mine), len(theirs)) / 2)
            return shared or not set(proposal.theme.quotes).isdisjoint(other.theme.quotes)
    return False


unknown_proposal = NotFound.of(
    "proposal.unknown", "There is no such proposal.", "Look at the list of proposals."
)
proposal_already_decided = Conflict.of(
    "proposal.decided",
    "Someone has already decided on this proposal.",
    "Look at the list of proposals.",
)


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate themes of one run, at each possible number of themes (a cut).

    `cuts` lists for each number of themes the positions of its candidates, largest first. `texts`
    is how many were read, `reader` the model that read them, `proposed` the cut that the method
    prefers. The quotes of a candidate are the ids of the texts they come from.
    """

    texts: int
    reader: str
    proposed: int = 0
    candidates: tuple[CandidateTheme, ...] = ()
    cuts: dict[int, tuple[int, ...]] = {}

    def nearest(self, themes: int) -> int:
        """The cut whose number of themes is nearest to `themes`; 0 if nothing was found."""
        return min(self.cuts, key=lambda cut: (abs(cut - themes), cut), default=0)

    def at(self, cut: int) -> list[tuple[int, CandidateTheme]]:
        """The candidates at a cut, each with its position."""
        return [(place, self.candidates[place]) for place in self.cuts.get(cut, ())]
