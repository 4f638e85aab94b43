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
PDF, PARQUET = "application/pdf", "application/vnd.apache.parquet"
FileResponse = Callable[[AnyRequest, ServedEdition], Awaitable[Response[Any]]]


def made_response(
    name: str, media_type: str, make: Callable[[Edition, str], bytes]
) -> FileResponse:
    """The response with a file that takes a while to make, and is kept for the next reader."""

    async def respond(_: AnyRequest, served: ServedEdition) -> Response[bytes]:
        body = await MADE.load((name, served.sha256), make, served.edition, served.sha256)
        return file_response(body, served.file_stem, name.removeprefix("edition."), media_type)

    return respond


async def powerpoint_response(request: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    base = public_base(request.app.state.settings)
    deck = await MADE.load(("slides.pptx", served.sha256), edition_powerpoint, served, base)
    return file_response(deck, served.file_stem, "slides.pptx", PPTX)


def edition_powerpoint(served: ServedEdition, base: str) -> bytes:
    with import_lock("api.editions.drawing", "pptx"):
        from api.editions.files import powerpoint

    return powerpoint.render_powerpoint(served.edition, served.sha256, base)


async def press_response(request: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    """The notice to the press, which people change before they send it."""
    operator, base = shell.operator_of(request), public_base(request.app.state.settings)
    view = report_view(served.edition, served.sha256)
    notice = press_notice(view, base, operator.name, operator.contact)
    return file_response(notice.encode(), served.file_stem, "press-notice.txt", "text/plain")


async def csv_response(_: shell.AnyRequest, served: ServedEdition) -> Response[bytes]:
    return file_response(files.render_csv(served.edition), served.file_stem, "csv", "text/csv")


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


def edition_members_workbook(edition: Edition, sha256: str) -> bytes:
    with import_lock("openpyxl"):
        from api.editions.files import members_workbook

    return members_workbook.render_members_workbook(edition, report_view(edition, sha256))


def edition_workbook(edition: Edition, sha256: str) -> bytes:
    with import_lock("openpyxl"):
        from api.editions.files import workbook

    return workbook.render_workbook(edition, report_view(edition, sha256))


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
RESPONSES: Mapping[str, FileResponse] = {
    "edition.pdf": made_response("edition.pdf", PDF, files.render_edition_pdf),
    "slides.pdf": made_response("slides.pdf", PDF, slides.render_slides_pdf),
    "slides.pptx": powerpoint_response,
    "members.xlsx": made_response("members.xlsx", XLSX, edition_members_workbook),
    "edition.xlsx": made_response("edition.xlsx", XLSX, edition_workbook),
    "press-notice.txt": press_response,
    "edition.csv": csv_response,
    "edition.parquet": made_response(
        "edition.parquet", PARQUET, lambda edition, _: files.render_parquet(edition)
    ),
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
