"""The API's page, from files on this machine: no foreign host sees who reads it."""

from importlib.util import find_spec
from pathlib import Path

from litestar import Router
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.static_files import create_static_files_router

from api.refusals import names_a_file

AT = "/docs-assets"


def render_plugin() -> SwaggerRenderPlugin:
    return SwaggerRenderPlugin(
        js_url=f"{AT}/swagger-ui-bundle.js",
        css_url=f"{AT}/swagger-ui.css",
        standalone_preset_js_url=f"{AT}/swagger-ui-standalone-preset.js",
        favicon='<link rel="icon" type="image/svg+xml" href="/static/favicon.svg">',
        path="/",
    )


def assets() -> Router:
    package = find_spec("litestar_offline_docs")
    assert package is not None
    assert package.origin is not None
    return create_static_files_router(
        path=AT,
        directories=[Path(package.origin).parent / "static"],
        before_request=names_a_file,
        include_in_schema=False,
    )
