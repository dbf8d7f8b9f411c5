"""Publishing through AppSync: the request is signed, and each answer is the right error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from cloud_core.adapters.aws.appsync import AppSyncPublisher
from cloud_core.domain.errors import AwsAccessFailed, Unavailable
from cloud_core.testing.builders import a_deployment, a_log_entry, a_stack


class Api:
    """Answers `status` and `body`; `asked` has the last request's headers and document."""

    def __init__(self) -> None:
        self.status, self.body = 200, '{"data": {}}'
        self.asked: tuple[dict[str, str], dict[str, Any]] = ({}, {})
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.asked = (dict(self.headers), document)
                self.send_response(api.status)
                self.send_header("Content-Length", str(len(api.body)))
                self.end_headers()
                self.wfile.write(api.body.encode())

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/graphql"


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    made = Api()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def api(server: Api) -> Api:
    server.status, server.body = 200, '{"data": {}}'
    return server


@pytest.fixture
def publisher(api: Api) -> Iterator[AppSyncPublisher]:
    made = AppSyncPublisher(api.url, "eu-west-1", key=("AKIAEXAMPLE", "not-told"))
    yield made
    made.close()


def test_each_record_is_named_by_its_key(api: Api, publisher: AppSyncPublisher) -> None:
    publisher.deployment(a_deployment(deployment_id="D000001"))
    assert (api.asked[1]["operationName"], api.asked[1]["variables"]) == (
        "PublishDeployment",
        {"deployment_id": "D000001"},
    )
    publisher.stack(a_stack("network", deployment_id="D000001"))
    assert api.asked[1]["variables"] == {"deployment_id": "D000001", "stack_name": "network", "environment": "dev"}
    line = a_log_entry("hush", deployment_id="D000001")
    publisher.line(line)
    assert api.asked[1]["variables"]["log_id"] == line.log_id
    assert "hush" not in json.dumps(api.asked[1])


def test_the_request_is_signed_for_the_service_and_region(api: Api, publisher: AppSyncPublisher) -> None:
    publisher.deployment(a_deployment())
    signature = api.asked[0]["Authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert "/eu-west-1/appsync/aws4_request" in signature
    assert "not-told" not in json.dumps(api.asked[0])


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, "{}"), (403, "{}"), (200, '{"errors": [{"errorType": "Unauthorized"}]}')],
)
def test_who_may_not_is_told_what_to_allow(api: Api, publisher: AppSyncPublisher, status: int, body: str) -> None:
    api.status, api.body = status, body
    with pytest.raises(AwsAccessFailed) as refused:
        publisher.deployment(a_deployment())
    assert "publish*" in str(refused.value.suggestion)


@pytest.mark.parametrize(("status", "body"), [(503, "{}"), (200, '{"errors": [{"errorType": "Unavailable"}]}')])
def test_what_may_be_tried_again_is_unavailable(api: Api, publisher: AppSyncPublisher, status: int, body: str) -> None:
    api.status, api.body = status, body
    with pytest.raises(Unavailable) as away:
        publisher.deployment(a_deployment())
    assert away.value.retryable


def test_a_record_that_is_gone_is_no_error(api: Api, publisher: AppSyncPublisher) -> None:
    api.body = '{"data": {"publishStack": null}, "errors": [{"errorType": "NotFound"}]}'
    publisher.stack(a_stack("network"))


def test_nobody_there_is_unavailable() -> None:
    publisher = AppSyncPublisher("http://127.0.0.1:9/graphql", "eu-west-1", key=("a", "b"))
    with pytest.raises(Unavailable, match="can't be reached"):
        publisher.deployment(a_deployment())
    publisher.close()
