"""The addresses that are handed out."""

import ipaddress
from urllib.parse import urlsplit

from api.pages.organiser.building.opening import survey_address
from api.pages.templating import AnyRequest
from survey.surveys.sharing import Way


def public_base(request: AnyRequest) -> str:
    """The public address of this installation, from its settings; else that of the request."""
    return survey_address(request, "").removesuffix("/surveys/")


def short_link(request: AnyRequest, way: Way) -> str:
    return f"{public_base(request)}/s/{way.code}"


def is_local(request: AnyRequest) -> bool:
    """Whether the address works on this computer only, so that it is no use on a poster."""
    host = urlsplit(public_base(request)).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
