"""What the policy simulator is asked and how its answers are read, over HTTP.

The sandbox's AWS server has no simulator, so one that answers in AWS's words stands here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.config import Config

from cloud_core.adapters.aws.permissions import ask_for_refusals
from cloud_core.domain.errors import Unavailable
from cloud_core.ports.aws import Refusals

Request = dict[str, list[str]]
Answer = tuple[int, str]
Server = Callable[[Request], Answer]

ACCOUNT = "410000000017"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/cloud-deployer/cloud"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cloud-deployer"
ROLE_WITH_PATH = f"arn:aws:iam::{ACCOUNT}:role/teams/shop/cloud-deployer"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
XML = 'xmlns="https://iam.amazonaws.com/doc/2010-05-08/"'


@contextmanager
def serving(answer: Server) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, text = answer(parse_qs(body))
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def error(code: str, status: int = 403) -> Answer:
    return status, f"<ErrorResponse {XML}><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"


def role_found(arn: str) -> Answer:
    fields = f"<Arn>{arn}</Arn><RoleName>cloud-deployer</RoleName><RoleId>AROA0000000000000000</RoleId><Path>/</Path>"
    role = f"<Role>{fields}<CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>"
    return 200, f"<GetRoleResponse {XML}><GetRoleResult>{role}</GetRoleResult></GetRoleResponse>"


def decided(request: Request, decisions: dict[str, str], missing: str = "") -> Answer:
    """A decision for each action that was asked for; `missing` is a context key that a refusal hangs on."""
    names = [request[key][0] for key in request if key.startswith("ActionNames.member.")]
    context = f"<member>{missing}</member>" if missing else ""
    members = "".join(
        f"<member><EvalActionName>{name}</EvalActionName>"
        f"<EvalDecision>{decisions.get(name, 'allowed')}</EvalDecision>"
        f"<MissingContextValues>{context if name in decisions else ''}</MissingContextValues></member>"
        for name in names
    )
    result = f"<IsTruncated>false</IsTruncated><EvaluationResults>{members}</EvaluationResults>"
    wrapped = f"<SimulatePrincipalPolicyResult>{result}</SimulatePrincipalPolicyResult>"
    return 200, f"<SimulatePrincipalPolicyResponse {XML}>{wrapped}</SimulatePrincipalPolicyResponse>"


def ask(server: Server, caller: str, *actions: str) -> Refusals:
    with serving(server) as url:
        iam = boto3.client(
            "iam",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            return ask_for_refusals(iam, caller, actions or ("ec2:CreateVpc", "kms:CreateKey", "s3:CreateBucket"))
        finally:
            iam.close()


def test_of_an_assumed_role_the_role_itself_is_asked_about_with_its_path() -> None:
    asked: list[str] = []

    def server(request: Request) -> Answer:
        if request["Action"] == ["GetRole"]:
            assert request["RoleName"] == ["cloud-deployer"]
            return role_found(ROLE_WITH_PATH)
        asked.extend(request["PolicySourceArn"])
        return decided(request, {"kms:CreateKey": "explicitDeny", "s3:CreateBucket": "explicitDeny"})

    assert ask(server, SESSION) == Refusals(ROLE_WITH_PATH, ("kms:CreateKey", "s3:CreateBucket"))
    assert asked == [ROLE_WITH_PATH]


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchEntity"])
def test_a_role_that_can_not_be_looked_up_is_taken_to_have_no_path(code: str) -> None:
    def server(request: Request) -> Answer:
        return error(code) if request["Action"] == ["GetRole"] else decided(request, {})

    assert ask(server, SESSION) == Refusals(ROLE)


def test_a_user_is_asked_about_directly() -> None:
    refusals = ask(lambda request: decided(request, {"ec2:CreateVpc": "explicitDeny"}), USER)
    assert refusals == Refusals(USER, ("ec2:CreateVpc",))


def test_the_accounts_root_is_not_asked_about() -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    assert ask(lambda request: error("InvalidInput", 400), root) == Refusals(root)


def test_who_is_neither_user_nor_role_can_not_be_told() -> None:
    federated = f"arn:aws:sts::{ACCOUNT}:federated-user/ann"
    refusals = ask(lambda request: error("InvalidInput", 400), federated)
    assert refusals.actions == ()
    assert "only users and roles" in (refusals.unclear or "")


def test_not_being_allowed_to_ask_is_no_refusal() -> None:
    refusals = ask(lambda request: error("AccessDenied"), USER)
    assert refusals.actions == ()
    assert refusals.unclear == "AWS refused to simulate permissions: AccessDenied: no"


def test_a_refusal_that_hangs_on_a_condition_is_not_proven() -> None:
    refusals = ask(lambda request: decided(request, {"kms:CreateKey": "explicitDeny"}, "aws:SourceIp"), USER)
    assert refusals.actions == ()
    assert "kms:CreateKey" in (refusals.unclear or "")


def test_what_no_policy_allows_on_every_resource_may_be_allowed_on_some() -> None:
    decisions = {"kms:CreateKey": "implicitDeny", "s3:CreateBucket": "explicitDeny"}
    refusals = ask(lambda request: decided(request, decisions), USER)
    assert refusals.actions == ("s3:CreateBucket",)
    assert refusals.unclear == "no policy allows kms:CreateKey on every resource and under every condition"


def test_many_actions_are_asked_in_several_calls() -> None:
    sizes: list[int] = []

    def server(request: Request) -> Answer:
        sizes.append(sum(key.startswith("ActionNames.member.") for key in request))
        return decided(request, {"ec2:Action149": "explicitDeny"})

    refusals = ask(server, USER, *(f"ec2:Action{number}" for number in range(150)))
    assert refusals.actions == ("ec2:Action149",)
    assert sizes == [100, 50]


def test_a_server_that_does_not_answer_is_out_of_reach() -> None:
    with pytest.raises(Unavailable, match="ServiceUnavailable"):
        ask(lambda request: error("ServiceUnavailable", 503), USER)
