"""The API's pages for people: everything that they need comes from the API, and nothing else may run in them."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

PAGES = ("/docs", "/redoc", "/api/docs", "/api/redoc")
NAMED = re.compile(r"""(?:src|href|spec-url)="([^"]+)"|url: '([^']+)'""")


def names(html: str) -> set[str]:
    """The addresses that a page names."""
    return {one or other for one, other in NAMED.findall(html)}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_nothing_from_elsewhere(api: Any, path: str) -> None:
    page = api.client.get(path)
    assert page.status_code == 200
    named = names(page.text)
    assert "/api/v1/openapi.json" in named
    assert len(named) >= 3
    for address in named:
        assert api.client.get(address).status_code == 200, address


@pytest.mark.parametrize("path", PAGES)
def test_only_the_scripts_of_a_page_may_run_in_it(api: Any, path: str) -> None:
    page = api.client.get(path)
    policy = dict(rule.strip().split(" ", 1) for rule in page.headers["content-security-policy"].split(";"))
    inline = [
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
        for script in re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    ]
    assert policy["script-src"].split() == ["'self'", *inline]
    assert policy["default-src"] == "'self'"
    assert "https:" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/info", "/docs/files/swagger-ui.css", "/api/openapi.json", "/nowhere"])
def test_the_policy_is_relaxed_for_pages_alone(api: Any, path: str) -> None:
    assert api.client.get(path).headers["content-security-policy"] == "default-src 'self'; frame-ancestors 'none'"


def test_files_are_kept_by_browsers_and_answers_are_not(api: Any) -> None:
    file, answer = api.client.get("/docs/files/swagger-ui.css"), api.client.get("/info")
    assert (file.headers.get("cache-control"), answer.headers["cache-control"]) == (None, "no-store")
    again = api.client.get("/docs/files/swagger-ui.css", headers={"If-None-Match": file.headers["etag"]})
    assert again.status_code == 304


def test_no_other_file_can_be_had(api: Any) -> None:
    for path in ("/docs/files/", "/docs/files/../core.py", "/docs/files/%2e%2e/core.py", "/docs/files/nothing.js"):
        answer = api.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path


def test_the_contract_has_two_names_and_the_pages_are_told(api: Any) -> None:
    assert api.client.get("/api/openapi.json").json() == api.client.get("openapi.json").json()
    told = api.client.get("/info").json()
    assert (told["openapi"], told["docs"]) == ("/api/v1/openapi.json", "/docs")


def test_all_of_it_can_be_switched_off(make_api: Any) -> None:
    client = make_api(docs=False).admin()
    paths = (*PAGES, "/api/openapi.json", "/docs/files/swagger-ui.css")
    assert {client.get(path).status_code for path in paths} == {404}
    assert client.get("/info").json()["docs"] is None
