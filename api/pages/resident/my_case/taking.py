"""What the owner takes away from a case: a copy as a page and a PDF, and a signed receipt."""

from typing import Any

from litestar import Response, get
from litestar.response import Template

from api import clock
from api.dependencies import FromDatabase, FromKeyring, FromSigner
from api.operations.own_cases import load_written_case, sign_receipt
from api.pages.resident.my_case.following import (
    case_sign_in_page,
    find_open_case,
    load_own_case,
)
from api.pages.resident.resuming.copies import print_copy
from api.pages.templating import AnyRequest, render_template, requested_language
from api.security.requests import site_address


@get("/case/copy", include_in_schema=False)
async def show_case_copy(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """The case as a page made for print."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({})
    async with database.connection() as connection:
        shown = await load_own_case(connection, keyring, reference)
    return Template("resident/case_copy.html", context=shown)


@get("/case/copy.pdf", include_in_schema=False)
async def download_case_copy(
    request: AnyRequest, database: FromDatabase, keyring: FromKeyring
) -> Response[Any]:
    """The same as a PDF."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({})
    async with database.connection() as connection:
        shown = await load_own_case(connection, keyring, reference)
    # The page itself is what is printed, so that the two can never differ.
    page = render_template(request, "resident/case_copy.html", shown | {"request": request})
    made = await print_copy(page, requested_language(request))
    return Response(made, media_type="application/pdf", headers=named_file(reference, "pdf"))


@get("/case/copy.json", include_in_schema=False)
async def download_what_was_written(
    request: AnyRequest, database: FromDatabase, signer: FromSigner
) -> Response[Any]:
    """What the owner wrote, as the file whose digest is in the receipt."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({})
    written = await load_written_case(database, signer, reference)
    headers = named_file(reference, "json")
    return Response(written.content(), media_type="application/json", headers=headers)


@get("/case/receipt.txt", include_in_schema=False)
async def download_receipt(
    request: AnyRequest, database: FromDatabase, signer: FromSigner
) -> Response[Any]:
    """The signed receipt of the case as it is now."""
    reference = await find_open_case(request, database)
    if reference is None:
        return case_sign_in_page({})
    written = await load_written_case(database, signer, reference)
    text = sign_receipt(signer, site_address(request), written, clock.today())
    named = {"Content-Disposition": f'attachment; filename="receipt-{reference}.txt"'}
    return Response(text.encode(), media_type="text/plain; charset=utf-8", headers=named)


def named_file(reference: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="case-{reference}.{ending}"'}


HANDLERS = [show_case_copy, download_case_copy, download_what_was_written, download_receipt]
