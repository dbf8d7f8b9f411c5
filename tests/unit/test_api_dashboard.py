"""The dashboard as it is served: all of it from the API, under a policy that lets nothing else run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from api.dashboard import FOLDER
from realtime.clients import BROWSER_MODULES

SCRIPTS: Final = sorted((FOLDER / "monitor" / "scripts").rglob("*.js"))
STYLES: Final = sorted((FOLDER / "monitor" / "styles").glob("*.css"))
PAGE: Final = (FOLDER / "monitor.html").read_text("utf-8")
NAMED: Final = re.compile(r'(?:src|href)="([^"#]+)"')
IMPORTED: Final = re.compile(r'^import (?:[^"]* from )?"([^"]+)";$', re.MULTILINE)
MARKUP: Final = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function|srcdoc"
)
LONGEST_FILE: Final = 300


def policy(answer: Any) -> dict[str, str]:
    rules = (rule.strip().partition(" ") for rule in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in rules}


def at_home(path: Path) -> Path:
    """Where a file lies that a page finds below `monitor`."""
    served = FOLDER / "monitor" / "client"
    return BROWSER_MODULES / path.relative_to(served) if path.is_relative_to(served) else path


def test_the_page_needs_no_token_and_the_root_leads_to_it(api: Any) -> None:
    page = api.client.get("/monitor.html")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    root = api.client.get("/")
    assert (root.status_code, root.headers["location"]) == (307, "/monitor.html")


def test_everything_that_the_page_names_is_served(api: Any) -> None:
    named = NAMED.findall(PAGE)
    named.append("monitor/client/index.js")
    assert len(named) > len(STYLES)
    for name in named:
        assert api.client.get(f"/{name}").status_code == 200, name


def test_no_script_and_no_style_may_stand_in_the_page_and_no_text_become_markup(api: Any) -> None:
    rules = policy(api.client.get("/monitor.html"))
    assert rules["default-src"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in str(rules)
    assert "http:" not in PAGE.replace('xmlns="http://www.w3.org', "")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", PAGE)


def test_files_are_asked_for_anew_but_not_sent_anew(api: Any) -> None:
    path = "/monitor/scripts/main.js"
    file = api.client.get(path)
    assert file.headers["cache-control"] == "no-cache"
    assert file.headers["content-type"].startswith("text/javascript")
    assert api.client.get(path, headers={"If-None-Match": file.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/monitor/", "/monitor/scripts", "/monitor/%2e%2e/%2e%2e/relay.py"])
def test_no_other_file_can_be_had(api: Any, path: str) -> None:
    assert api.client.get(path).status_code == 404


def test_it_can_be_switched_off(make_api: Any) -> None:
    client = make_api(dashboard=False).client
    assert {client.get(path).status_code for path in ("/", "/monitor.html", "/monitor/scripts/main.js")} == {404}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_import_files_that_are_there_and_make_no_markup(script: Path) -> None:
    text = script.read_text("utf-8")
    named = [(script.parent / name).resolve() for name in IMPORTED.findall(text)]
    assert [str(path) for path in named if not at_home(path).is_file()] == []
    assert not MARKUP.search(text)


@pytest.mark.parametrize("file", [*SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_files_stay_short(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST_FILE


def test_every_style_is_in_the_page() -> None:
    assert {path.name for path in STYLES} == set(re.findall(r"styles/([a-z]+\.css)", PAGE))
