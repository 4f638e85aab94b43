"""The receipt of a submission, for the browser that sent it, until it is hidden."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api.dependencies import FromDatabase, Reference
from api.operations import complaint_intake
from api.pages.forms import read_form
from api.pages.resident.questionnaire import drafts
from api.pages.resident.questionnaire.starting import form_paths
from api.pages.resident.questionnaire.walking import FromWalk, full_address
from api.pages.templating import AnyRequest, requested_language
from api.security import cookies
from survey.problems import NotFound
from survey.receipts import passphrase_language
from survey.store.cases import case_owners


@get(form_paths("/done/{reference:str}"), include_in_schema=False)
async def show_receipt(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, reference: Reference
) -> Template:
    """The receipt, only for the browser that sent it; of a complaint until it is put away."""
    if walk.draft is None or walk.draft.reference != reference:
        # The same whether the reference exists or not, so that nothing is learnt by trying.
        raise unknown_receipt()
    passphrase = ""
    if walk.instrument.kind == "complaint":
        async with database.connection() as connection:
            found = await case_owners.find_passphrase(connection, reference)
        if found is not None:
            passphrase_hash = found.passphrase_hash
            # The words are stored nowhere: they are derived again from the key in this browser.
            repeated = await complaint_intake.repeated_receipt(
                walk.keyring,
                walk.key,
                reference,
                passphrase_hash,
                requested_language(request),
            )
            passphrase = repeated.passphrase
    context = {
        "walk": walk,
        "reference": reference,
        "passphrase": passphrase,
        "passphrase_language": passphrase_language(passphrase) if passphrase else "",
        "desk": walk.draft.desk,
        "case_address": full_address(request, cookies.OWN_CASE),
    }
    return Template("resident/done.html", context=context)


unknown_receipt = NotFound.of("receipt.unknown", "This receipt is not shown here.")


@post("/surveys/{slug:str}/done/{reference:str}", include_in_schema=False)
async def close_receipt(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, reference: Reference
) -> Redirect:
    """Delete the receipt in this browser, so that the next person finds neither it nor the copy."""
    if walk.draft is None or walk.draft.reference != reference:
        raise unknown_receipt()
    async with database.connection() as connection:
        await drafts.delete_draft(connection, walk.key)
    gone = drafts.draft_removal_cookie(request, walk.base)
    return Redirect("/", status_code=303, cookies=[gone])


@post("/complaints/done/{reference:str}", include_in_schema=False)
async def hide_receipt(
    request: AnyRequest, database: FromDatabase, walk: FromWalk, reference: Reference
) -> Response[Any]:
    """Ask first, then delete the draft, so that the next person here finds nothing."""
    if not (await read_form(request))["sure"]:
        return Template("resident/hide.html", context={"walk": walk, "reference": reference})
    async with database.connection() as connection:
        await drafts.delete_draft(connection, walk.key)
    gone = drafts.draft_removal_cookie(request, walk.base)
    by_staff = walk.draft is not None and walk.draft.desk and walk.draft.desk.by
    onward = f"/work/complaints/{reference}" if by_staff else f"/case?number={reference}"
    return Redirect(onward, status_code=303, cookies=[gone])


HANDLERS = [show_receipt, close_receipt, hide_receipt]
