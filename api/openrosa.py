"""Responses as OpenRosa 1.0 has them: headers, lists of forms and files, and messages."""

from collections.abc import Iterable

import msgspec
from litestar import Response
from lxml import etree
from lxml.builder import ElementMaker

KEY_PATH = "/key/"  # below it everything is for phones
# Above one photo of the largest size, with its form: a phone divides what is more.
MOST_SENT = 40_000_000
HEADERS = {
    "X-OpenRosa-Version": "1.0",
    "X-OpenRosa-Accept-Content-Length": str(MOST_SENT),
    "Content-Language": "en",
}
RESPONSE = "http://openrosa.org/http/response"
FORMS = "http://openrosa.org/xforms/xformsList"
FILES = "http://openrosa.org/xforms/xformsManifest"


class ListedForm(msgspec.Struct, frozen=True):
    """A form in the list of those that a phone may load; hashes are MD5, as the protocol wants."""

    form: str
    name: str
    version: str
    hash: str
    address: str
    manifest: str = ""


class ListedFile(msgspec.Struct, frozen=True):
    name: str
    hash: str
    address: str


def form_list(forms: Iterable[ListedForm]) -> Response[bytes]:
    make = ElementMaker(namespace=FORMS, nsmap={None: FORMS})
    root = make.xforms()
    for form in forms:
        entry = make.xform(
            make.formID(form.form),
            make.name(form.name),
            make.version(form.version),
            make.hash(form.hash),
            make.downloadUrl(form.address),
        )
        if form.manifest:
            entry.append(make.manifestUrl(form.manifest))
        root.append(entry)
    return xml_response(root)


def manifest(files: Iterable[ListedFile]) -> Response[bytes]:
    make = ElementMaker(namespace=FILES, nsmap={None: FILES})
    root = make.manifest()
    for file in files:
        root.append(
            make.mediaFile(
                make.filename(file.name), make.hash(file.hash), make.downloadUrl(file.address)
            )
        )
    return xml_response(root)


def message(text: str, *, status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A response whose text the collecting program shows to the person who uses it."""
    make = ElementMaker(namespace=RESPONSE, nsmap={None: RESPONSE})
    kind = "submit_success" if status < 300 else "submit_error"
    said = make.message(text, nature=kind)
    return xml_response(make.OpenRosaResponse(said), status=status, headers=headers)


def xml_response(
    root: etree._Element, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response[bytes]:
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return whole_response(body, "text/xml", status=status, headers=headers)


def whole_response(
    body: bytes, media_type: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response[bytes]:
    # With a charset in its name the framework would write it twice.
    return Response(
        body, status_code=status, media_type=media_type, headers=HEADERS | (headers or {})
    )
