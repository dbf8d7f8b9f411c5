"""What moto can't do, answered as AWS answers errors: with a code and a sentence, in the service's own protocol.

By itself moto lets the server answer a page about an internal error, which clients take for an outage and try again,
or an HTML page about an unknown address. Neither names what is missing.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from xml.sax.saxutils import escape

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

NOT_IMPLEMENTED: Final = "NotImplemented"
BROKEN: Final = "InternalFailure"
_HTML: Final = b"<!doctype html>"
# Services whose errors are XML though their requests are no forms.
_REST_XML: Final = frozenset({"s3", "route53", "cloudfront"})

log = logging.getLogger(__name__)


def with_refusals(application: Application) -> Application:
    """The application, answering 501 for what moto lacks (clients don't repeat it) and 500 for a mistake of moto's."""

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        held: list[Any] = []
        try:
            body = application(environ, lambda *head: held.append(head))
        except NotImplementedError as problem:
            return _refuse(environ, start_response, "501 Not Implemented", NOT_IMPLEMENTED, _lacking(str(problem)))
        except Exception as problem:  # the outermost frame: whatever moto stumbles over
            log.exception("moto failed at %s %s", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            reason = f"the sandbox's AWS server failed: {type(problem).__name__}: {problem}"
            return _refuse(environ, start_response, "500 Internal Server Error", BROKEN, reason)
        status = held[-1][0]
        if status.startswith("404") and (page := b"".join(body)).lower().startswith(_HTML):
            reason = _lacking(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} has not been implemented")
            return _refuse(environ, start_response, "501 Not Implemented", NOT_IMPLEMENTED, reason)
        start_response(*held[-1])
        return [page] if status.startswith("404") else body

    return answer


def _lacking(what: str) -> str:
    return f"the sandbox's AWS server lacks it: {what}"


def _refuse(environ: Environ, start_response: StartResponse, status: str, code: str, text: str) -> Iterable[bytes]:
    kind, body = _written(environ, code, text)
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-ErrorType", code)]
    start_response(status, headers)
    return [body]


def _written(environ: Environ, code: str, text: str) -> tuple[str, bytes]:
    """Content type and body of an error as the called service writes it."""
    service = _service(environ)
    is_form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if not is_form and service not in _REST_XML:
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": text}).encode()
    error = f"<Error><Code>{code}</Code><Message>{escape(text)}</Message></Error>"
    if service == "ec2":
        error = f"<Response><Errors>{error}</Errors><RequestID>sandbox</RequestID></Response>"
    elif service != "s3":
        error = f"<ErrorResponse>{error}<RequestId>sandbox</RequestId></ErrorResponse>"
    return "text/xml", error.encode()


def _service(environ: Environ) -> str:
    """The service that a request is signed for."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    return scope.group(1) if scope else ""
