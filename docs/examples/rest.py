"""A whole deployment by the REST API alone, with httpx: log in, init, plan, deploy, outputs, destroy.

    API=http://127.0.0.1:8080/api/v1 python docs/examples/rest.py

TEMPLATE (demo) and ORGANIZATION (CompanyA) may be given too. It needs `cloud` on the PATH, to log in.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from typing import Any

import httpx

API = os.environ["API"]
WISH = {
    "organization": os.environ.get("ORGANIZATION", "CompanyA"),
    "template": os.environ.get("TEMPLATE", "demo"),
    "project": "by-python",
    "domain": "shop.example",
    "environments": {"dev": {"region": "us-east-1", "account_id": "410000000017"}},
}
OVER = ("success", "failed", "cancelled", "awaiting_approval")


class Bearer(httpx.Auth):
    """A token from `cloud login`, and the next one when the API says that it has expired."""

    def __init__(self) -> None:
        self._token = self._log_in()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._token = self._log_in()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    @staticmethod
    def _log_in() -> str:
        return subprocess.run(["cloud", "login", "--print"], check=True, capture_output=True, text=True).stdout.strip()


def call(api: httpx.Client, method: str, path: str, **more: Any) -> dict[str, Any]:
    """The answer; a refusal is shown as the API tells it, and ends the program."""
    answer = api.request(method, path, **more)
    if answer.is_error:
        sys.exit(f"{method} {path}: {answer.text}")
    return dict(answer.json())


def ended(api: httpx.Client, operation: dict[str, Any]) -> dict[str, Any]:
    """The operation, once it is over; whatever is no success ends the program."""
    while operation["status"] not in OVER:
        time.sleep(1)
        operation = call(api, "GET", operation["status_url"])
    if operation["status"] != "success":
        sys.exit(f"{operation['type']} {operation['operation_id']}: {operation['status']}")
    return operation


def main() -> None:
    # An absolute path such as a `status_url` is joined with the host, any other with the base.
    with httpx.Client(base_url=API.removesuffix("/api/v1"), auth=Bearer(), timeout=60) as api:
        deployment_id = call(api, "POST", "/api/v1/deployments/init", json=WISH)["deployment_id"]
        print(f"deployment {deployment_id}")
        place = f"/api/v1/deployments/{deployment_id}"

        planned = ended(api, call(api, "POST", f"{place}/plan", json={"environment": "dev"}))
        for stack in call(api, "GET", f"{planned['status_url']}/plan")["stacks"]:
            print(f"planned    {stack['name']}")

        key = {"Idempotency-Key": f"first-{deployment_id}"}
        ended(api, call(api, "POST", f"{place}/deploy", json={"environment": "dev"}, headers=key))
        for stack in call(api, "GET", f"{place}/outputs", params={"environment": "dev"})["outputs"]:
            print(f"deployed   {stack}")

        ended(api, call(api, "DELETE", place, params={"environment": "dev"}))
        print(f"destroyed  {deployment_id}")


if __name__ == "__main__":
    main()
