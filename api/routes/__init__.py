"""JSON under /api/v1, one module for each noun. No session authenticates any of it: only the
answers to a survey need a key, of somebody who may download them, and a case that of its owner."""

from litestar import Router

from api.dependencies import ON_REPLICA
from api.routes import cases, health, odata, reports, responses, surveys, themes
from api.security.sent_forms import WITHOUT_SESSION

READ = Router(
    "/",
    route_handlers=[
        health.read,
        health.read_live,
        reports.list_areas,
        reports.read_boundaries,
        reports.read_population,
        surveys.list_surveys,
        surveys.read,
        Router(
            "/",
            route_handlers=[*reports.HANDLERS, reports.list_editions, reports.read],
            dependencies=ON_REPLICA,
        ),
        *odata.HANDLERS,
        themes.read,
        themes.read_version,
        themes.list_versions,
        *cases.READ,
    ],
    opt=WITHOUT_SESSION,
)
WRITE = Router(
    "/",
    route_handlers=[responses.create, surveys.lodge_complaint, *cases.WRITE],
    opt=WITHOUT_SESSION,
)
FILES = Router(
    "/",
    route_handlers=[surveys.send_file, surveys.send_complaint_file],
    opt=WITHOUT_SESSION,
)
