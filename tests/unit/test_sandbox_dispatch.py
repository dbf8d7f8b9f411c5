"""moto's way from a request to what answers it: the same as by itself, and gone once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from moto import backends
from moto.core import responses
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs.responses import SQSResponse

from sandbox.dispatch import dispatching

HOSTS = ("s3", "sqs.us-east-1.amazonaws.com", "a-bucket.s3.amazonaws.com", "moto_api", "example.com", None)


def test_each_host_has_the_service_that_moto_finds() -> None:
    by_itself, once = DomainDispatcherApplication(create_backend_app), dispatching()
    for host in (*HOSTS, *HOSTS):
        assert once.get_backend_for_host(host) == by_itself.get_backend_for_host(host)


def test_a_host_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def modules() -> Iterator[str]:
        looks.append("listed")
        yield "s3"

    monkeypatch.setattr(backends, "list_of_moto_modules", modules)
    application = dispatching()
    assert [application.get_backend_for_host("s3") for _ in range(3)] == ["s3"] * 3
    assert looks == ["listed"]


def test_a_services_actions_are_all_of_its_functions_and_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # A sandbox of this process would keep what was found for ever.
    monkeypatch.setattr(responses, "method_names_from_class", responses.method_names_from_class)
    dispatching()
    found = responses.method_names_from_class(SQSResponse)
    assert found == [name for name, _ in inspect.getmembers(SQSResponse, inspect.isfunction)]
    assert responses.method_names_from_class(SQSResponse) is found
