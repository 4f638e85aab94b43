"""The pages of the working group."""

from litestar.types import ControllerRouterHandler

from api.pages.reviewer import (
    actions,
    alerts,
    answers,
    campaigns,
    codebook,
    codebook_edits,
    codebook_files,
    codebook_split,
    complaints,
    deployments,
    discovery,
    discussion,
    double_coding,
    double_coding_examples,
    double_coding_results,
    editions,
    figures,
    files,
    keying,
    moves,
    proposals,
    quotes,
    texts,
    themes,
)
from api.pages.work import staff

HANDLERS: list[ControllerRouterHandler] = [
    staff([
        *figures.HANDLERS,
        *complaints.HANDLERS,
        *moves.HANDLERS,
        *keying.HANDLERS,
        *answers.HANDLERS,
        *deployments.HANDLERS,
        *editions.HANDLERS,
        *discussion.HANDLERS,
        *actions.HANDLERS,
        *alerts.HANDLERS,
        *double_coding.HANDLERS,
        *double_coding_results.HANDLERS,
        *double_coding_examples.HANDLERS,
        *files.HANDLERS,
        *themes.HANDLERS,
        *campaigns.HANDLERS,
        *quotes.HANDLERS,
        *discovery.HANDLERS,
        *proposals.HANDLERS,
        *texts.HANDLERS,
        *codebook.HANDLERS,
        *codebook_edits.HANDLERS,
        *codebook_split.HANDLERS,
        *codebook_files.HANDLERS,
    ])
]  # fmt: skip
