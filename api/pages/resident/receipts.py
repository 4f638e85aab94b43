"""Anybody can check the receipt of a complaint here, or with our public key and without us."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Template

from api.dependencies import FromSigner
from api.pages.forms import Form, read_form
from api.pages.templating import AnyRequest, requested_language, use_language
from api.translating import gettext
from survey.receipts import LONGEST, parse_receipt, week_start

ADDRESS = "/receipts"
PUBLIC_KEY = "/.well-known/soundings-receipts.pem"


@get(ADDRESS, include_in_schema=False)
async def show_receipt_form() -> Template:
    return Template("resident/receipt_check.html", context={"asked": Form(), "found": None})


@post(ADDRESS, include_in_schema=False)
async def check_receipt(request: AnyRequest, signer: FromSigner) -> Template:
    """Say whether a receipt was signed here. Nothing of it is stored or looked up."""
    asked = await read_form(request)
    sent = (await request.form()).get("file")
    if isinstance(sent, UploadFile) and sent.filename:
        asked.values["receipt"] = [(await sent.read(LONGEST)).decode(errors="replace")]
    found = parse_receipt(asked["receipt"])
    with use_language(requested_language(request)):
        if not asked["receipt"]:
            asked.add_error("receipt", gettext("Paste a receipt, or choose its file"))
        elif found is None:
            asked.add_error("receipt", gettext("This is not a receipt, or a part of it is missing"))
        elif not signer.is_signed(found[0].message().encode(), found[1]):
            wrong = gettext("This receipt was not given by this site, or somebody changed it")
            asked.add_error("receipt", wrong)
    genuine = found[0] if found and not asked.errors else None
    context = {"asked": asked, "found": genuine, "week_start": week_start}
    status = 422 if asked.errors else 200
    return Template("resident/receipt_check.html", context=context, status_code=status)


@get(PUBLIC_KEY, include_in_schema=False)
async def show_public_key(signer: FromSigner) -> Response[Any]:
    return Response(signer.public_key(), media_type="application/x-pem-file")


HANDLERS = [show_receipt_form, check_receipt, show_public_key]
