"""The API behaves as its OpenAPI document says, and the document describes all of it."""

import asyncio
import re
import sys

import pytest

from api.pages.public_copies import API_PAGE

METHODS = {"get", "post", "put", "patch", "delete"}
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance"
)


@pytest.fixture
def document(app):
    return app.openapi_schema.to_schema()


@pytest.fixture
def operations(document):
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_only_the_api_is_described_and_all_of_it(app, document):
    described = {path for path in document["paths"] if not path.startswith("/docs")}
    served = {
        re.sub(r":\w+}", "}", route.path)
        for route in app.routes
        if route.path.startswith(("/api/", "/health"))
    }
    assert described == served


def test_every_operation_says_what_it_does_and_belongs_to_a_chapter(document, operations):
    chapters = {tag["name"] for tag in document["tags"]}
    for name, operation in operations.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= chapters, name


def test_every_operation_documents_its_refusals(operations):
    for name, operation in operations.items():
        answers = operation["responses"]
        assert {"400", "503"} <= set(answers), name
        for status in set(answers) - {"200", "201"}:
            assert list(answers[status]["content"]) == ["application/problem+json"], name
        if name.startswith("POST"):
            assert {"201", "413", "415", "422", "429"} <= set(answers), name
        if name.endswith(("/responses", "/complaints", "/attachments")):
            assert {"409", "410"} <= set(answers), name


def request_examples(document, operation):
    """The examples next to a request's schema, or in the schema that it refers to."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"].get(name, schema)["examples"]


def test_every_request_has_an_example(document, operations):
    sending = [one for one in operations.values() if "requestBody" in one]
    assert len(sending) == 8
    assert all(request_examples(document, one) for one in sending)


@pytest.mark.parametrize("url", ["/api/v1/surveys/feedback/responses", "/api/v1/complaints"])
async def test_the_example_of_a_request_is_accepted(client, document, operations, url):
    operation = operations["POST " + url.replace("feedback", "{slug}")]
    for example in request_examples(document, operation):
        assert (await client.post(url, json=example)).status_code == 201


async def test_the_page_of_the_api_asks_no_other_host(client):
    page = await client.get("/docs")
    assert page.status_code == 200
    assert re.findall(r"(?:src|href)=[\"']?(?:https?:)?//[^\s\"'>]+", page.text) == []
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


async def test_the_page_of_the_api_leads_to_the_guide_and_to_the_document(client):
    page = (await client.get("/docs")).text
    assert f'content="0; url={API_PAGE}"' in page
    assert set(re.findall(r'href="([^"]+)"', page)) == {API_PAGE, "/docs/openapi.json"}
    assert (await client.get("/docs/openapi.json")).status_code == 200


@pytest.mark.slow
async def test_hostile_requests_are_answered_as_documented(live, tmp_path):
    """Hundreds of generated requests, valid and invalid: no 5xx, nothing undocumented."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "schemathesis.cli", "run", f"{live}/docs/openapi.json"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--seed", "7"),
        *("--checks", CHECKS, "--workers", "1"),
        *("--continue-on-failure", "--no-color", "--no-shrink", "--request-timeout", "10"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 600)
    assert process.returncode == 0, output.decode()
