"""The dashboard: a page and its files, from the folder `realtime/dashboard`, served as they lie there, and the built
TypeScript client beside them.

Nothing of it is secret and nothing of it is made for a user: what it shows comes from the API, with the token of
whoever signs in. Its policy lets no script and no style run but those files, and no text become markup.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

import realtime
from realtime.clients import BROWSER_MODULES

PAGE: Final = "/monitor.html"
FILES: Final = "/monitor"
CLIENT: Final = f"{FILES}/client"
FOLDER: Final = Path(realtime.__file__).parent / "dashboard"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_ASK_WHETHER_NEWER: Final = "no-cache"


class _Files(StaticFiles):
    """Their names stay when they change: browsers keep them, and ask each time whether there are newer ones."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _ASK_WHETHER_NEWER
        return response


def add_dashboard(app: FastAPI) -> None:
    """The page, its files, and the way to it from the root; nothing of it is in the contract."""
    app.mount(CLIENT, _Files(directory=BROWSER_MODULES), name="client")
    app.mount(FILES, _Files(directory=FOLDER / "monitor"), name="dashboard")
    app.add_route(PAGE, _page, include_in_schema=False)
    app.add_route("/", _from_the_root, include_in_schema=False)


async def _page(_: Request) -> FileResponse:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": _ASK_WHETHER_NEWER}
    return FileResponse(FOLDER / "monitor.html", headers=headers)


async def _from_the_root(request: Request) -> RedirectResponse:
    return RedirectResponse(request.scope.get("root_path", "").rstrip("/") + PAGE)
