"""The pages of the working group."""

from litestar.types import ControllerRouterHandler

from api.pages.staff.cases import (
    case,
    case_files,
    case_transitions,
    data_entry,
    deployment_links,
    duplicates,
    redacting,
)
from api.pages.staff.codebook import (
    codebook,
    codebook_edits,
    codebook_files,
    codebook_split,
    discovery,
    proposals,
)
from api.pages.staff.data import answers, deployments, files
from api.pages.staff.editions import actions, alerts, discussion, editions
from api.pages.staff.inbox import case_lists, complaints, figures, replies, saved_views
from api.pages.staff.texts import (
    campaigns,
    double_coding,
    double_coding_examples,
    double_coding_results,
    quotes,
    texts,
    themes,
)
from api.pages.work import staff_router

HANDLERS: list[ControllerRouterHandler] = [
    staff_router([
        *figures.HANDLERS,
        *complaints.HANDLERS,
        *saved_views.HANDLERS,
        *case_lists.HANDLERS,
        *case.HANDLERS,
        *case_files.HANDLERS,
        *case_transitions.HANDLERS,
        *redacting.HANDLERS,
        *replies.HANDLERS,
        *duplicates.HANDLERS,
        *deployment_links.HANDLERS,
        *data_entry.HANDLERS,
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
