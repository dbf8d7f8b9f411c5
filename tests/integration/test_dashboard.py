"""The dashboard in a real browser, over the API with records in memory: what it shows, to whom, how it is reached."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from api.app import create_app
from api.dashboard import FOLDER
from api.testing.browser import PHONE, Visit, find_chromium, running_browser
from api.testing.calls import wish
from api.testing.issuer import TokenIssuer
from api.testing.serving import serving
from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.clock import timestamp
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.logins import Login
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.domain.values import SecretValue
from cloud_core.services.records.events import QUIET
from cloud_core.settings import Settings
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.clock import RunningClock
from cloud_core.testing.cut_line import CutLine
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner
from cloud_core.testing.logins import FakeUserPool
from cloud_core.testing.missing import left_out

pytestmark = pytest.mark.extended
FORGED: Final = "<img src=x onerror=\"document.body.dataset.forged='yes'\"><b>vpc</b>"
AXE: Final = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        left_out("Chromium is missing, so that the dashboard is not tried: install Debian's package chromium")
    with running_browser(str(path)) as found:
        yield found


@pytest.fixture(scope="module")
def issuer() -> Iterator[TokenIssuer]:
    with TokenIssuer().serving() as serving_keys:
        yield serving_keys


@dataclass
class Watched:
    """A deploy of dev that a flow service has queued and nobody runs: events are what the test tells."""

    browser: Browser
    edge: FakeEdge
    issuer: TokenIssuer
    clock: RunningClock
    line: CutLine
    visits: list[Visit]
    operation_id: str = ""

    def begin(self, **wishes: Any) -> None:
        self.edge.world.flows = FakeFlowRunner()
        self.operation_id = self.edge.operations.start(wish(Action.DEPLOY, **wishes)).operation_id

    def tell(self, event: EventName, stack: str | None = None, /, **data: Any) -> None:
        now = timestamp(self.clock.now())
        draft = an_event(operation_id=self.operation_id, event=event, stack_name=stack, data=data, timestamp=now)
        self.edge.world.records.events.append(draft)

    @property
    def events(self) -> list[Event]:
        """Those of the operation."""
        told = self.edge.world.records.events.read(DEPLOYMENT_ID, 0, 10_000)
        return [event for event in told if event.operation_id == self.operation_id]

    def begin_stack(self, name: str, layer: int = 1) -> None:
        self.tell(EventName.STACK_DEPLOYING, name, status="deploying", layer=layer, dependencies=[])

    def visit(self, *groups: str, user: str = "ada", **options: Any) -> Visit:
        visit = Visit(self.browser, f"http://{self.line.place}", **options)
        self.visits.append(visit)
        claims = self.issuer.claims(self.clock, user, groups=groups or ("Administrators", "org:Acme"))
        visit.sign_in(self.issuer.token(claims))
        return visit


@pytest.fixture
def watched(browser: Browser, issuer: TokenIssuer, tmp_path: Path) -> Iterator[Watched]:
    edge, clock, visits = FakeEdge(tmp_path), RunningClock(), list[Visit]()
    limits = {"rate_administrators": "100000/second", "rate_readonly": "100000/second"}
    settings = Settings(api=limits, cognito=issuer.settings, realtime=RealtimeSettings(calls_per_second=200))
    with serving(create_app(settings, edge, clock)) as place, CutLine(place).standing() as line:
        yield Watched(browser, edge, issuer, clock, line, visits)
        mistakes = [mistake for visit in visits for mistake in visit.mistakes]
        for visit in visits:
            visit.close()
    assert mistakes == []


def told_running(watched: Watched) -> None:
    """Network is at work, with a resource of a forged name; the others wait."""
    watched.begin()
    watched.tell(EventName.DEPLOYMENT_STARTED, status="deploying", started_by="ann", total_stacks=4, total_layers=3)
    watched.begin_stack("network")
    resource = {"urn": f"urn:pulumi:s::p::aws:ec2/vpc:Vpc::{FORGED}", "type": "aws:ec2/vpc:Vpc", "name": FORGED}
    watched.tell(EventName.RESOURCE_CREATING, "network", resource=resource)


def test_what_happens_is_shown_while_it_happens_and_markup_stays_text(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    expect(visit.node("network")).to_contain_text("Deploying")
    expect(visit.node("security")).to_contain_text("Waiting for network")
    expect(visit.page.get_by_role("list", name="Lines of the log").or_(visit.page.locator(".lines"))).to_contain_text(
        FORGED
    )
    visit.page.locator(".tree summary", has_text="network").click()
    expect(visit.page.locator(".leaf-name")).to_have_text(FORGED)
    done = {"status": "deployed", "duration_seconds": 7.2, "resource_count": 1, "changes": {"create": 1}}
    watched.tell(EventName.STACK_DEPLOYED, "network", **done)
    watched.begin_stack("security", 2)
    expect(visit.node("network")).to_contain_text("Deployed in 7 s")
    expect(visit.node("security")).to_contain_text("Deploying")
    expect(visit.page.locator("#announcements")).to_have_text("network: Deployed in 7 s")
    failure = {"status": "failed", "duration_seconds": 2.0, "error_message": f"refused: {FORGED}"}
    watched.tell(EventName.STACK_FAILED, "security", **failure)
    watched.tell(EventName.STACK_SKIPPED, "secrets", status="skipped", cause="dependency_failed:security")
    expect(visit.node("secrets")).to_contain_text("Skipped: security failed")
    expect(visit.page.locator(".error-text")).to_have_text(f"refused: {FORGED}")
    assert visit.page.evaluate("document.body.dataset.forged") is None
    assert visit.page.locator("main img, main b").count() == 0


def test_the_log_is_filtered_by_level_stack_and_text(watched: Watched) -> None:
    told_running(watched)
    for level, stack, text in (("info", "network", "alpha"), ("warning", "dns", "beta"), ("error", "network", "gamma")):
        watched.tell(EventName.LOG, stack, level=level, message=text)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    expect(visit.page.locator(".line-text", has_text="gamma")).to_be_visible()
    visit.page.get_by_label("Level").select_option("WARN")
    assert visit.lines == ["beta", "gamma"]
    visit.page.get_by_role("combobox", name="Stack").select_option("network")
    assert visit.lines == ["gamma"]
    visit.page.get_by_label("Level").select_option("DEBUG")
    visit.page.get_by_label("Text in the line").fill("ALPHA")
    assert visit.lines == ["alpha"]
    watched.tell(EventName.LOG, "network", level="info", message="alphabet")
    expect(visit.page.locator(".line-text")).to_have_text(["alpha", "alphabet"])


def test_what_somebody_may_not_do_is_not_offered(watched: Watched) -> None:
    told_running(watched)
    offered = watched.visit()
    offered.open(DEPLOYMENT_ID)
    expect(offered.page.get_by_role("button", name="Cancel…")).to_be_visible()
    reader = watched.visit("ReadOnly", "org:Acme", user="rob")
    reader.open(DEPLOYMENT_ID)
    expect(reader.node("network")).to_contain_text("Deploying")
    assert reader.page.locator(".actions button").count() == 0
    other = watched.visit("Administrators", "org:Birchway", user="eve")
    expect(other.page.get_by_text("There is no deployment yet that you may see.")).to_be_visible()
    other.page.evaluate("address => { location.hash = address }", f"#/{DEPLOYMENT_ID}/dev")
    expect(other.page.get_by_role("alert")).to_be_visible()
    assert "network" not in other.page.locator("main").inner_text()


def test_cancelling_does_what_it_says(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    visit.page.get_by_role("button", name="Cancel…").click()
    visit.page.get_by_label("Begin no more stacks").check()
    visit.page.get_by_role("button", name="Cancel the operation").click()
    expect(visit.page.get_by_role("dialog")).to_have_count(0)
    stopped = watched.edge.operations.get(DEPLOYMENT_ID, watched.operation_id)
    assert (stopped.cancel_requested, stopped.cancel_level.name) == (True, "DRAIN")
    watched.tell(EventName.DEPLOYMENT_CANCELLING, level=2, message="ada asked for it")
    expect(visit.page.locator(".line").last).to_contain_text("ada asked for it")
    expect(visit.page.locator(".progress")).to_contain_text("Cancelling")


def test_nobody_approves_what_they_asked_for(watched: Watched) -> None:
    watched.edge.world.gate.rules = ApprovalRules(frozenset({EnvironmentName.DEV}))
    watched.begin()
    asker = watched.edge.operations.get(DEPLOYMENT_ID, watched.operation_id).started_by
    own = watched.visit(user=asker)
    own.open(DEPLOYMENT_ID)
    expect(own.page.get_by_role("button", name="Reject…")).to_be_visible()
    assert own.page.get_by_role("button", name="Approve…").count() == 0
    another = watched.visit(user="zoe")
    another.open(DEPLOYMENT_ID)
    another.page.get_by_role("button", name="Approve…").click()
    another.page.get_by_label("Comment").fill("looked at it")
    another.page.get_by_role("button", name="Approve", exact=True).click()
    expect(another.page.get_by_role("dialog")).to_have_count(0)
    approved = watched.edge.operations.get(DEPLOYMENT_ID, watched.operation_id)
    assert approved.approval is not None
    assert (approved.approval.approved_by, approved.approval.comment) == ("zoe", "looked at it")


def test_everything_is_reached_by_the_keyboard(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    keyboard = visit.page.keyboard
    visit.page.reload()
    expect(visit.node("network")).to_be_visible()
    keyboard.press("Tab")
    expect(visit.page.locator(".skip-link")).to_be_focused()
    visit.node("network").focus()
    keyboard.press("ArrowRight")
    expect(visit.node("security")).to_be_focused()
    keyboard.press("Enter")
    expect(visit.page.get_by_role("region", name="Stack").get_by_role("heading", name="security")).to_be_visible()
    assert visit.node("security").get_attribute("aria-pressed") == "true"
    visit.page.get_by_role("button", name="Only its log lines").press("Enter")
    expect(visit.page.locator(".lines")).to_be_focused()
    cancel = visit.page.get_by_role("button", name="Cancel…")
    cancel.press("Enter")
    expect(visit.page.get_by_role("dialog", name="Cancel this operation?")).to_be_visible()
    keyboard.press("Escape")
    expect(cancel).to_be_focused()


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"size": PHONE}], ids=str)
def test_axe_finds_nothing(watched: Watched, options: dict[str, Any]) -> None:
    if not AXE.is_file():
        left_out("axe-core is missing, so that accessibility is not checked: install Node 20 and run `make node`")
    told_running(watched)
    visit = watched.visit(bypass_csp=True, **options)
    found = [judged(visit, "the list")]
    visit.open(DEPLOYMENT_ID)
    visit.node("network").click()
    visit.page.locator(".tree summary", has_text="network").click()
    found.append(judged(visit, "running"))
    visit.page.get_by_role("button", name="Cancel…").click()
    found.append(judged(visit, "a question"))
    assert "\n".join(one for several in found for one in several) == ""
    width = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def judged(visit: Visit, place: str) -> list[str]:
    visit.page.evaluate(AXE.read_text("utf-8"))
    judge: Callable[..., Any] = visit.page.evaluate
    result = judge("rules => axe.run(document, { runOnly: rules })", RULES)
    return [
        f"{place}: {one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in result["violations"]
        for node in one["nodes"]
    ]


def test_each_environment_is_told_by_itself(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    environments = visit.page.get_by_role("navigation", name="Environments")
    environments.get_by_role("link", name="prod").click()
    expect(visit.page.locator(".progress")).to_contain_text("No operation yet")
    expect(visit.page.get_by_text("Nothing has run here yet.")).to_be_visible()
    assert visit.lines == []
    assert visit.page.locator(".timeline .panel-head").inner_text() == "Timeline"
    watched.tell(EventName.LOG, "network", level="info", message="elsewhere")
    environments.get_by_role("link", name="dev").click()
    expect(visit.page.locator(".line-text", has_text="elsewhere")).to_be_visible()
    expect(visit.node("network")).to_contain_text("Deploying")
    visit.page.locator(".operations a").click()
    expect(visit.page).to_have_url(re.compile(f"#/{DEPLOYMENT_ID}/dev/{watched.operation_id}$"))
    expect(visit.node("network")).to_contain_text("Deploying")


def test_a_long_run_is_told_from_its_beginning(watched: Watched) -> None:
    """It takes several pages of events; only the newest lines are kept in the page, and all are counted."""
    told_running(watched)
    for number in range(2_200):
        watched.tell(EventName.LOG, "network", level="info", message=f"line {number}")
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    expect(visit.page.locator(".line-text", has_text="line 2199")).to_be_visible()
    expect(visit.node("network")).to_contain_text("Deploying")
    count = int(re.findall(r"\d+", visit.page.locator(".log .count").inner_text())[0])
    assert count == len([event for event in watched.events if event.event not in QUIET])
    assert len(visit.lines) == 2_000


def test_a_line_that_is_cut_leaves_no_gap_and_tells_nothing_twice(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    for number in range(60):
        if number in (10, 35):
            expect(visit.page.locator(".connection")).to_have_attribute("data-state", "live")
            watched.line.cut()
            expect(visit.page.locator(".connection")).to_contain_text("Connection lost")
            expect(visit.page.get_by_text("The connection is lost.")).to_be_visible()
        watched.tell(EventName.LOG, "network", level="info", message=f"line {number}")
        if number in (20, 50):
            watched.line.mend()
    expect(visit.page.locator(".line-text", has_text="line 59")).to_be_visible()
    assert [line for line in visit.lines if line.startswith("line ")] == [f"line {number}" for number in range(60)]
    expect(visit.page.get_by_text("The connection is lost.")).to_have_count(0)


def test_a_slow_line_shows_that_it_is_loading_and_then_everything(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    slow = {"offline": False, "latency": 400, "downloadThroughput": 20_000, "uploadThroughput": 20_000}
    session = visit.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", slow)
    visit.page.evaluate("address => { location.hash = address }", f"#/{DEPLOYMENT_ID}/dev")
    expect(visit.page.get_by_text("Loading the deployment")).to_be_attached()
    expect(visit.node("network")).to_contain_text("Deploying")
    for number in range(100):
        watched.tell(EventName.LOG, "network", level="info", message=f"line {number}")
    expect(visit.page.locator(".line-text", has_text="line 99")).to_be_visible()
    assert [line for line in visit.lines if line.startswith("line ")] == [f"line {number}" for number in range(100)]


def test_nothing_jumps_while_events_come_in(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    places = """[...document.querySelectorAll('.node, .panel.graph, .panel.timeline, .panel.log')]
        .map(one => one.getBoundingClientRect()).map(({x, y, width}) => [x, y, width].join())"""
    before = visit.page.evaluate(places)
    for name, layer in (("dns", 1), ("security", 2)):
        watched.begin_stack(name, layer)
        watched.tell(EventName.STACK_DEPLOYED, name, status="deployed", duration_seconds=1.0, resource_count=2)
    expect(visit.node("security")).to_contain_text("Deployed")
    assert visit.page.evaluate(places) == before


class BriefTokens(FakeUserPool):
    """Tokens that the API takes, for three seconds each."""

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched.clock, {"rob": "swordfish-1"})
        self.watched = watched
        self.renewals = 0

    def log_in(self, user: str, password: SecretValue) -> Login:
        return self._brief(super().log_in(user, password))

    def refresh(self, login: Login) -> Login:
        self.renewals += 1
        return self._brief(super().refresh(login))

    def _brief(self, login: Login) -> Login:
        claims = self.watched.issuer.claims(self.watched.clock, login.user, groups=("ReadOnly", "org:Acme"))
        token = self.watched.issuer.token({**claims, "exp": claims["iat"] + 3})
        return replace(login, access_token=SecretValue(token))


def test_a_token_that_ends_is_renewed_and_nothing_is_missed(watched: Watched) -> None:
    told_running(watched)
    watched.edge.user_pool = pool = BriefTokens(watched)
    visit = Visit(watched.browser, f"http://{watched.line.place}")
    watched.visits.append(visit)
    visit.log_in("rob", "swordfish-1")
    visit.open(DEPLOYMENT_ID)
    for number in range(20):
        watched.tell(EventName.LOG, "network", level="info", message=f"line {number}")
        visit.page.wait_for_timeout(500)  # what is waited for is that tokens get old
    expect(visit.page.locator(".line-text", has_text="line 19")).to_be_visible()
    assert pool.renewals >= 2
    assert [line for line in visit.lines if line.startswith("line ")] == [f"line {number}" for number in range(20)]
    pool.passwords = {}
    pool.ended = {f"refresh-{number}" for number in range(1, 9)}
    expect(visit.page.get_by_text("Your session has ended: sign in again.")).to_be_visible()


def test_a_session_that_ends_is_told_and_taken_up_again(watched: Watched) -> None:
    told_running(watched)
    visit = watched.visit()
    visit.open(DEPLOYMENT_ID)
    visit.page.reload()
    expect(visit.node("network")).to_contain_text("Deploying")
    visit.page.evaluate("""sessionStorage.setItem('cloud.session', '{"token": "a.b.c"}')""")
    visit.page.reload()
    expect(visit.page.get_by_text("Your session has ended: sign in again.")).to_be_visible()
