"""A real deployment, watched in a real browser from its start to its end, over a line that is cut on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from api.testing.browser import Visit, find_chromium, running_browser
from cloud_core.services.records.events import QUIET, log_entry
from cloud_core.testing.cut_line import CutLine
from cloud_core.testing.missing import left_out

pytestmark = [pytest.mark.xdist_group("sandbox of lives"), pytest.mark.extended]
_WHOLE_RUN_MILLISECONDS: Final = 300_000


@pytest.fixture
def line(sandbox: dict[str, Any]) -> Iterator[CutLine]:
    with CutLine(urlsplit(sandbox["api_url"]).netloc).standing() as standing:
        yield standing


@pytest.fixture
def visit(line: CutLine) -> Iterator[Visit]:
    path = find_chromium()
    if path is None:
        left_out("Chromium is missing, so that the dashboard is not tried: install Debian's package chromium")
    with running_browser(path) as browser:
        made = Visit(browser, f"http://{line.place}")
        yield made
        assert made.mistakes == []
        made.close()


def test_a_deployment_is_watched_from_its_start_to_its_end(
    cloud: Any, sandbox: dict[str, Any], services: Any, visit: Visit, line: CutLine
) -> None:
    deployment_id = cloud.init("slow", "watched")
    users = json.loads((cloud.workspace / ".cloud" / "sandbox" / "user_pool.json").read_text())["users"]
    visit.log_in("readonly", users["readonly"])
    visit.page.get_by_role("link", name="watched", exact=True).click()
    expect(visit.page.get_by_text("No operation yet")).to_be_visible()
    cloud.data("deploy", deployment_id, "--auto-approve", "--detach")
    expect(visit.node("slow")).to_contain_text("Deploying", timeout=_WHOLE_RUN_MILLISECONDS)
    expect(visit.node("after")).to_contain_text("Waiting for slow")
    line.cut()
    expect(visit.page.locator(".connection")).to_contain_text("Connection lost")
    line.mend()
    expect(visit.node("after")).to_contain_text("Deployed in", timeout=_WHOLE_RUN_MILLISECONDS)
    expect(visit.page.locator(".progress")).to_contain_text("Succeeded", timeout=_WHOLE_RUN_MILLISECONDS)
    expect(visit.page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    expect(visit.page.locator(".heading .badge")).to_have_text("✓Deployed")
    assert visit.page.locator(".actions button").count() == 0
    events = services.records.events.read(deployment_id, 0, 500)
    told = [event for event in events if event.event not in QUIET]
    assert len(visit.lines) == len(told)
    stacks = visit.page.locator(".line-stack").all_inner_texts()
    assert stacks == [log_entry(event).stack_name or "" for event in told]


def test_a_deployment_is_retried_from_the_page(cloud: Any, sandbox: dict[str, Any], visit: Visit) -> None:
    deployment_id = cloud.init("slow", "stopped")
    cloud.configure(deployment_id, "slow", seconds=60)
    users = json.loads((cloud.workspace / ".cloud" / "sandbox" / "user_pool.json").read_text())["users"]
    visit.log_in("developer", users["developer"])
    visit.open(deployment_id)
    cloud.data("deploy", deployment_id, "--auto-approve", "--detach")
    expect(visit.node("slow")).to_contain_text("Deploying", timeout=_WHOLE_RUN_MILLISECONDS)
    visit.page.get_by_role("button", name="Cancel…").click()
    visit.page.get_by_role("button", name="Cancel the operation").click()
    expect(visit.page.locator(".progress .badge")).to_have_text("⊘Cancelled", timeout=_WHOLE_RUN_MILLISECONDS)
    (cloud.workspace / f"hurry-{deployment_id}").touch()
    visit.page.get_by_role("button", name="Retry…").click()
    expect(visit.page.locator(".outlook li")).to_have_count(2)
    visit.page.get_by_role("button", name="Retry", exact=True).click()
    expect(visit.page.locator(".progress .badge")).to_have_text("✓Succeeded", timeout=_WHOLE_RUN_MILLISECONDS)
    expect(visit.page.locator(".operations li")).to_have_count(2)
    assert cloud.data("status", deployment_id)["status"] == "deployed"
