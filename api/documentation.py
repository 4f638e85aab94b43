"""The API's documentation page, built from local files: no other host sees who reads it."""

from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

STATIC = "/static/swagger"
PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>API – Soundings</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{STATIC}/swagger-ui.css">
<script defer src="{STATIC}/swagger-ui-bundle.js"></script>
<script defer src="/static/docs.js"></script>
</head>
<body>
<main id="api" data-description="/docs/openapi.json"></main>
<noscript><p>This page needs scripts. The same is in the
<a href="/docs/openapi.json">OpenAPI document</a>.</p></noscript>
</body>
</html>
"""


class SwaggerPage(OpenAPIRenderPlugin):
    """Swagger UI without inline script or style, so that our policy need not allow any."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return PAGE.encode()
