"""An edition as files, whole or in parts: PDF, slides, data, tables, charts and a workbook."""

import datetime
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from api.dependencies import FromDatabase
from api.editions import files, report_view
from api.editions.files import press_notice, slides
from api.editions.files.data_package import csvw_metadata, data_package
from api.editions.report import ReportView
from api.locales import edition_language
from api.notifications import public_base
from api.pages import shell
from api.pages.public_copies import MADE
from api.pages.reports.editions import KindParameter, NumberParameter, ServedEdition, load_edition
from api.pages.shell import AnyRequest
from api.process.installation import import_lock
from survey.editions import Edition
from survey.editions.refusals import unknown_part

OFFICE = "application/vnd.openxmlformats-officedocument"
XLSX = f"{OFFICE}.spreadsheetml.sheet"
PPTX = f"{OFFICE}.presentationml.presentation"


async def pdf_response(request: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    with shell.use_language(shell.requested_language(request)):
        name = ("edition.pdf", served.sha256, edition_language())
        pdf = await MADE.load(name, files.render_edition_pdf, served.edition, served.sha256)
    return file_response(pdf, served.file_stem, "pdf", "application/pdf")


async def slides_response(request: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    """The slides of an edition; the name of the file says that they are slides."""
    with shell.use_language(shell.requested_language(request)):
        name = ("slides.pdf", served.sha256, edition_language())
        pdf = await MADE.load(name, slides.render_slides_pdf, served.edition, served.sha256)
    return file_response(pdf, served.file_stem, "slides.pdf", "application/pdf")


async def powerpoint_response(request: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    base = public_base(request.app.state.settings)
    with shell.use_language(shell.requested_language(request)):
        name = ("slides.pptx", served.sha256, edition_language())
        deck = await MADE.load(name, edition_powerpoint, served, base)
    return file_response(deck, served.file_stem, "slides.pptx", PPTX)


def edition_powerpoint(served: ServedEdition, base: str) -> bytes:
    with import_lock("api.editions.drawing", "pptx"):
        from api.editions.files import powerpoint

    return powerpoint.render_powerpoint(served.edition, served.sha256, base)


async def press_response(request: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    """The notice to the press, which people change before they send it."""
    operator, base = shell.operator_of(request), public_base(request.app.state.settings)
    with shell.use_language(shell.requested_language(request)):
        view = report_view(served.edition, served.sha256)
        notice = press_notice(view, base, operator.name, operator.contact)
    return file_response(notice.encode(), served.file_stem, "press-notice.txt", "text/plain")


async def csv_response(_: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    return file_response(files.render_csv(served.edition), served.file_stem, "csv", "text/csv")


async def parquet_response(_: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    name = ("edition.parquet", served.sha256)
    columns = await MADE.load(name, files.render_parquet, served.edition)
    return file_response(columns, served.file_stem, "parquet", "application/vnd.apache.parquet")


@get("/reports/schema.json", include_in_schema=False)
async def download_schema() -> Response[bytes]:
    """The JSON Schema of an edition, generated from its structs."""
    return Response(edition_schema(), media_type="application/schema+json")


@cache
def edition_schema() -> bytes:
    schema = msgspec.json.schema(Edition)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return msgspec.json.format(msgspec.json.encode(dialect | schema), indent=1)


async def json_response(request: AnyRequest, served: ServedEdition) -> Response[bytes]:
    """The JSON of an edition, with its hash as ETag; 304 if the client has it already."""
    tag = f'"{served.sha256}"'
    # Asked for each time, because a later gate may withhold more of this edition (decision 0017).
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    # The header may list several tags, or mark them as weak (RFC 9110), hence `in`.
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    return Response(served.body, headers=headers, media_type="application/json")


def file_response(body: bytes, stem: str, ending: str, media_type: str) -> Response[bytes]:
    """A file of a report under its name, which a browser shows if it can."""
    disposition = "inline" if ending.endswith(("pdf", "json", "txt")) else "attachment"
    headers = {"Content-Disposition": f'{disposition}; filename="{stem}.{ending}"'}
    return Response(body, media_type=media_type, headers=headers)


@get("/reports/{kind:str}/{start:date}/tables/{file:str}", include_in_schema=False)
async def download_table(
    database: FromDatabase,
    kind: KindParameter,
    start: FromPath[datetime.date],
    file: FromPath[str],
    number: NumberParameter = None,
) -> Response[bytes]:
    served = await load_edition(database, kind, start, number)
    name, dot, ending = file.rpartition(".")
    body = files.render_table_csv(served.edition, name) if dot and ending == "csv" else b""
    if not body:
        raise unknown_part(f"table {file!r}")
    edition = served.edition
    return table_response(body, f"{edition.kind}-{edition.start}-{edition.number}-{name}")


def table_response(body: bytes, name: str) -> Response[bytes]:
    return named_file(body, "text/csv", f"{name}.csv", "attachment")


def named_file(body: bytes, media_type: str, name: str, disposition: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'{disposition}; filename="soundings-{name}"'}
    return Response(body, media_type=media_type, headers=headers)


async def workbook_response(_: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    body = await MADE.load(("edition.xlsx", served.sha256), edition_workbook, served)
    return file_response(body, served.file_stem, "xlsx", XLSX)


async def members_response(_: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    """The spreadsheet to read; the name of the file says for whom it is."""
    body = await MADE.load(("members.xlsx", served.sha256), edition_members_workbook, served)
    return file_response(body, served.file_stem, "members.xlsx", XLSX)


def edition_members_workbook(served: ServedEdition) -> bytes:
    with import_lock("openpyxl"):
        from api.editions.files import members_workbook

    edition = served.edition
    return members_workbook.render_members_workbook(edition, report_view(edition, served.sha256))


def edition_workbook(served: ServedEdition) -> bytes:
    with import_lock("openpyxl"):
        from api.editions.files import workbook

    return workbook.render_workbook(served.edition, report_view(served.edition, served.sha256))


async def package_response(request: AnyRequest, served: ServedEdition) -> Response[Any]:
    """The Frictionless data package of an edition."""
    package = data_package(*described_edition(request, served))
    return Response(package, media_type="application/json")


async def csvw_response(request: AnyRequest, served: ServedEdition) -> Response[Any]:
    """The CSVW metadata of an edition's CSV, where CSVW looks for it."""
    metadata = csvw_metadata(*described_edition(request, served))
    return Response(metadata, media_type="application/csvm+json")


def described_edition(request: AnyRequest, served: ServedEdition) -> tuple[ReportView, str]:
    """An edition ready to be shown, and the public address of this installation."""
    view = report_view(served.edition, served.sha256)
    return view, public_base(request.app.state.settings)


# The whole edition as files, each by its name in an address.
RESPONSES: Mapping[str, Callable[[AnyRequest, ServedEdition], Awaitable[Response[Any]]]] = {
    "edition.pdf": pdf_response,
    "slides.pdf": slides_response,
    "slides.pptx": powerpoint_response,
    "members.xlsx": members_response,
    "edition.xlsx": workbook_response,
    "press-notice.txt": press_response,
    "edition.csv": csv_response,
    "edition.parquet": parquet_response,
    "edition.json": json_response,
    "datapackage.json": package_response,
    "edition.csv-metadata.json": csvw_response,
}


def file_route(name: str) -> HTTPRouteHandler:
    """The route of a file of a published edition."""

    @get(f"/reports/{{kind:str}}/{{start:date}}/{name}", include_in_schema=False)
    async def download_file(
        request: AnyRequest,
        database: FromDatabase,
        kind: KindParameter,
        start: FromPath[datetime.date],
        number: NumberParameter = None,
    ) -> Response[Any]:
        return await RESPONSES[name](request, await load_edition(database, kind, start, number))

    return download_file


FILES = [
    *map(file_route, RESPONSES),
    download_schema,
    download_table,
]
