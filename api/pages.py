"""The pages for people, and the contract: whatever a browser needs for them comes from the API itself.

The scripts and styles of Swagger UI and Redoc are files of the package `fastapi-offline`. Only these pages may run a
script that stands in them, and only that one: the policy names its hash.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

DOCS: Final = "/docs"
REDOC: Final = "/redoc"
FILES: Final = "/docs/files"
PAGES: Final = (DOCS, REDOC, "/api/docs", "/api/redoc")
_OPENAPI: Final = "/api/openapi.json"
_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# Redoc makes its styles while it runs, and searches in a worker. Pictures in styles are written as data.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_Draw = Callable[[str], HTMLResponse]


def add_pages(app: FastAPI) -> None:
    """All of them, each under its names; nothing of it is in the contract."""
    import fastapi_offline  # an import costs nothing but the look for its folder

    folder = Path(fastapi_offline.__file__).parent / "static"
    app.mount(FILES, StaticFiles(directory=folder), name="files")
    for base in ("", "/api"):
        _add(app, f"{base}{DOCS}", lambda root: _swagger(app, root))
        _add(app, f"{base}{REDOC}", lambda root: _redoc(app, root))
    app.add_route(_OPENAPI, _contract(app), include_in_schema=False)
    app.docs_url, app.redoc_url = DOCS, REDOC  # whoever asks for them; the framework's own routes need the network


def _add(app: FastAPI, path: str, draw: _Draw) -> None:
    async def page(request: Request) -> HTMLResponse:
        response = draw(request.scope.get("root_path", "").rstrip("/"))
        response.headers["Content-Security-Policy"] = _policy(bytes(response.body).decode())
        return response

    app.add_route(path, page, include_in_schema=False)


def _swagger(app: FastAPI, root: str) -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url=f"{root}{app.openapi_url}",
        title=app.title,
        swagger_js_url=f"{root}{FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{FILES}/swagger-ui.css",
        swagger_favicon_url=f"{root}{FILES}/favicon.png",
    )


def _redoc(app: FastAPI, root: str) -> HTMLResponse:
    return get_redoc_html(
        openapi_url=f"{root}{app.openapi_url}",
        title=app.title,
        redoc_js_url=f"{root}{FILES}/redoc.standalone.js",
        redoc_favicon_url=f"{root}{FILES}/favicon.png",
        with_google_fonts=False,
    )


def _contract(app: FastAPI) -> Callable[[Request], JSONResponse]:
    def contract(_: Request) -> JSONResponse:
        return JSONResponse(app.openapi())

    return contract


def _policy(html: str) -> str:
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in _INLINE.findall(html))
    return _POLICY.format(scripts=" ".join(f"'sha256-{digest}'" for digest in digests)).replace("'self' ;", "'self';")
