"""Error responses: problem+json for programs, a page for people."""

import datetime
import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.exceptions import ClientException, HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Redirect, Template

from api import clock, openrosa
from api.observing.logs import current_request_id, log_failure
from api.security import cookies, limits
from api.security.requests import REPLICA_LOST
from api.security.sent_forms import STAFF_PATH, Saved, page_at_or_above
from survey.problems import Fault, NotFound, Problem, Unauthenticated
from survey.store.accounts.people import Person
from survey.store.connections.refusals import LostReplica

PARSER_MODULES = ("litestar.serialization", "litestar._multipart")
PASSING = (429, 503)  # refusals of this moment
FORBIDDEN = 403
A_MINUTE = 60
log = logging.getLogger("soundings")
CODES = {
    400: ("request.malformed", "This request could not be read."),
    404: ("address.unknown", "Nothing was found at this address."),
    405: ("method.unknown", "This address does not support that method."),
    413: ("body.too_large", "This is too large."),
    415: ("body.type", "This type of content is not accepted."),
    429: ("too.many", "There were too many requests from your connection."),
}
REMEDIES = {
    400: "Correct what is named and send it again; nothing was saved.",
    404: "Check the address; the API is described at /docs.",
    405: "See /docs for the methods it supports.",
    413: "Send less; nothing was saved.",
    415: "Send JSON (content type application/json), a file as application/octet-stream, or a form "
    "from our own page.",
    429: "Wait a minute, then send it again; nothing was saved.",
}


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem details. Match on `code`: it is stable; the words are for people."""

    code: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    faults: tuple[Fault, ...] = ()
    request: str = ""
    type: str = "about:blank"


def problem_responses(*statuses: int) -> dict[int, ResponseSpec]:
    """The error responses of a route, for its OpenAPI entry."""
    return {
        status: ResponseSpec(
            ProblemDetails,
            generate_examples=False,
            media_type="application/problem+json",
            description=HTTPStatus(status).phrase,
        )
        for status in (400, *statuses, 503)
    }


def answer_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    limits.uncount_outage(request.scope, problem)
    if problem.status == FORBIDDEN:
        log_refused_access(request, problem.code)
    refusal = ProblemDetails(
        code=problem.code,
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.sentence,
        remedy=problem.remedy,
        faults=problem.faults,
    )
    if problem.code == "sign_in.needed" and is_for_person(request):
        return redirect_to_sign_in(request)
    headers = {"Retry-After": "5"} if problem.status in PASSING else {}
    if isinstance(problem, Unauthenticated) and not is_for_person(request):
        # Without it Excel asks nobody for the key.
        headers["WWW-Authenticate"] = 'Basic realm="Soundings", charset="UTF-8"'
    return build_response(request, refusal, headers)


def log_refused_access(request: Request[Any, Any, Any], code: str) -> None:
    """Log that somebody who is signed in was refused something, by their role and the route alone.

    Refusals of others are not logged: anybody could fill the disk.
    """
    person: Person | None = request.scope["state"].get("person")
    if person is not None:
        route = str(request.scope.get("path_template", ""))
        log.warning("%s %s refused to the role %s [%s]", request.method, route, person.role, code)


def answer_lost_replica(request: Request[Any, Any, Any], lost: LostReplica) -> Response[Any]:
    """A refusal that nobody gets: a request that lost its replica is run again on the primary."""
    request.scope["state"][REPLICA_LOST] = True
    return answer_problem(request, lost)


def redirect_to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """A redirect to the sign-in page, which tells people who were signed in why they see it."""
    # Nobody sends a form of these pages without having been signed in when it was shown.
    was_in = request.method != "GET" or bool(cookies.read_cookie(request, cookies.SESSION))
    saved: Saved = request.scope["state"].get("unsent", Saved())
    query = ["ended=yes"] if was_in else []
    query += [f"lost={saved.lost}"] if saved.lost else []
    address = "/sign-in" + ("?" if query else "") + "&".join(query)
    brings_back = [saved.cookie] if saved.cookie else []
    if request.headers.get("hx-request") == "true":
        # A script would follow a redirect itself, and find no part of its own page there.
        headers = {"HX-Redirect": address}
        return Response(None, status_code=204, headers=headers, cookies=brings_back)
    return Redirect(address, cookies=brings_back)


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The response to an error that the framework raised, in our own words."""
    status = error.status_code
    if status >= 500:
        return answer_server_error(request, error)
    code, sentence = CODES.get(status, (f"http.{status}", HTTPStatus(status).phrase))
    if status == FORBIDDEN:
        log_refused_access(request, code)
    refusal = ProblemDetails(
        code=code,
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        remedy=remedy_of(error),
        faults=validation_faults(error),
    )
    headers = {"Retry-After": str(retry_after(error))} if status == 429 else {}
    if allowed := (error.headers or {}).get("allow"):
        headers["Allow"] = allowed
    return build_response(request, refusal, headers)


def retry_after(error: HTTPException) -> int:
    """Seconds until a request is accepted."""
    return int((error.headers or {}).get("Retry-After", A_MINUTE))


def remedy_of(error: HTTPException) -> str:
    minutes = math.ceil(retry_after(error) / A_MINUTE)
    if error.status_code == 429 and minutes > 1:
        return f"Send it again in {minutes} minutes; nothing was saved."
    return REMEDIES.get(error.status_code, "")


def time_after(headers: Mapping[str, str]) -> str:
    """The time of day after which the request is accepted, if more than a minute away."""
    wait = int(headers.get("Retry-After", 0))
    return f"{clock.now() + datetime.timedelta(seconds=wait + A_MINUTE):%H:%M}" * (wait > A_MINUTE)


def validation_faults(error: HTTPException) -> tuple[Fault, ...]:
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return ()
    # Cut short, because both may repeat what was sent, at any length.
    return tuple(
        Fault(str(detail.get("key", "body"))[:60], str(detail.get("message", ""))[:200])
        for detail in error.extra[:20]
        if isinstance(detail, dict)
    )


def answer_server_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The response to an error of our own; the log gets its place, but never what was sent."""
    place = error.__traceback__
    # To the innermost frame: the outer ones are the framework's, the same for every error.
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is not None and is_unreadable_request(error, place):
        return answer_http_error(request, ClientException())
    route = route_pattern(request)
    words = f"{request.method} {route} failed:"
    log_failure(words, error, method=request.method, route=route)
    refusal = ProblemDetails(
        code="server.failed",
        title=HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        status=500,
        detail="Something went wrong on our side.",
        remedy="Try again in a minute; if this does not change, contact whoever runs this service.",
        request=current_request_id(),
    )
    return build_response(request, refusal, {})


def answer_failure(request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
    """The response to whatever went wrong."""
    if isinstance(failure, Problem):
        return answer_problem(request, failure)
    if isinstance(failure, HTTPException):
        return answer_http_error(request, failure)
    return answer_server_error(request, failure)


def is_unreadable_request(error: Exception, place: TracebackType) -> bool:
    """Whether the request itself was unreadable: text that is not UTF-8, or nested too deeply.

    The framework lets both through.
    """
    reader = place.tb_frame.f_globals.get("__name__", "").startswith(PARSER_MODULES)
    # LookupError is a charset that Python does not know.
    return reader and isinstance(error, UnicodeDecodeError | RecursionError | LookupError)


def route_pattern(request: Request[Any, Any, Any]) -> str:
    """The route's pattern, not the address asked for, which may hold a reference."""
    return str(request.scope.get("path_template", "?"))


def page_above(request: Request[Any, Any, Any]) -> str:
    """The page of the form that was sent, or the page above one that was refused, so that nobody
    is left at a dead end.
    """
    path = request.url.path
    return page_at_or_above(request, path.rpartition("/")[0] if request.method == "GET" else path)


def is_for_person(request: Request[Any, Any, Any]) -> bool:
    # The script of a kiosk reads why an answer was refused.
    by_script = request.method == "POST" and request.url.path.startswith("/kiosk/")
    return not by_script and not request.url.path.startswith(
        ("/api/", "/health", openrosa.KEY_PATH)
    )


def build_response(
    request: Request[Any, Any, Any], refusal: ProblemDetails, headers: dict[str, str]
) -> Response[Any]:
    if request.url.path.startswith(openrosa.KEY_PATH):
        words = " ".join(filter(None, (refusal.detail, refusal.remedy)))
        return openrosa.message(words, status=refusal.status, headers=headers)
    if is_for_person(request):
        person = request.scope["state"].get("person")
        of_staff = request.url.path.startswith(f"{STAFF_PATH}/")
        context = {
            "refusal": refusal,
            "again_after": time_after(headers),
            "page_above": page_above(request)
            if of_staff or refusal.code == "page.outdated"
            else "",
            "last_act": request.scope["state"].get("last_act"),
            "typed_words": request.scope["state"].get("typed_words"),
        }
        return Template(
            "problem.html",
            context=context | {"languages": []} if person else context,
            status_code=refusal.status,
            headers=headers,
        )
    return Response(
        refusal,
        status_code=refusal.status,
        media_type="application/problem+json",
        headers=[ResponseHeader(name=name, value=value) for name, value in headers.items()],
    )


unknown_page = NotFound.of("address.unknown", "This page does not exist.")
unknown_picture = NotFound.of("address.unknown", "There is no such picture.")
