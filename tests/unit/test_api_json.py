"""What is taken as JSON: what RFC 8259 has, and what every other reader of it understands as well."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.testing.calls import BY_NAME, WISHES, D, changed_manifest
from api.testing.graph import refused

NO_JSON = {
    "not a number": "NaN",
    "infinite": "-Infinity",
    "too large for a number": "1e999",
    "half of a pair": r'"\ud800"',
    "half of a pair in a name": r'{"\udc00x": 1}',
    "deep": '{"a":' * 5000 + "1" + "}" * 5000,
    "not UTF-8": b'"\xff"',
}


def body_with(value: str | bytes, given: Any) -> bytes:
    """The body, with the value in place of "HERE"."""
    text = value.encode() if isinstance(value, str) else value
    return json.dumps(given).encode().replace(b'"HERE"', text)


BODIES: dict[str, tuple[str, str, Any]] = {
    "init_deployment": ("POST", "deployments/init", {**WISHES, "template": "demo", "variables": {"a": "HERE"}}),
    "set_config": ("PUT", f"{D}/config/size?stack=network", {"value": "HERE"}),
    "put_manifest": ("PUT", f"{D}/manifest", {"manifest": {"deployment": {"tags": "HERE"}}}),
    "import_stack": ("POST", BY_NAME["import_stack"].path, {"state": {"version": "HERE"}}),
    "validate_manifest": ("POST", "validate/manifest", {"manifest": {"odd": "HERE"}}),
    "log_in": ("POST", "login", {"user": "admin", "password": "HERE"}),
}


@pytest.mark.parametrize("value", NO_JSON.values(), ids=NO_JSON.keys())
@pytest.mark.parametrize("asked", BODIES.values(), ids=BODIES.keys())
def test_it_is_refused_as_unreadable(api: Any, asked: tuple[str, str, Any], value: str | bytes) -> None:
    method, path, given = asked
    headers = {"Content-Type": "application/json"}
    answer = api.admin().call(method, path, headers, content=body_with(value, given))
    assert (answer.status_code, answer.json()["error_code"]) == (400, "MALFORMED_JSON"), answer.text
    assert api.client.get(f"{D}/manifest").headers["ETag"] == '"1"'
    assert api.client.get("deployments").json()["pagination"]["total"] == 1


@pytest.mark.parametrize("value", [1e-300, 10**60, 0.1 + 0.2, "😀", "a\u0000b", [None, True], {"": {}}], ids=repr)
def test_other_values_are_kept_as_they_came(api: Any, value: Any) -> None:
    asked = {"params": {"stack": "network"}}
    assert api.admin().call("PUT", f"{D}/config/odd", json={"value": value}, **asked).status_code == 200
    found = api.client.get(f"{D}/config", **asked).json()["values"]
    assert value in [one["value"] for one in found if one["key"] == "odd"] or value == {"": {}}


@pytest.mark.parametrize("value", ["NaN", "1e999", r'"\ud800"'])
def test_json_in_graphql_is_no_other(api: Any, value: str) -> None:
    manifest = json.dumps({**changed_manifest(api.edge), "odd": "HERE"}).replace('"HERE"', value)
    told = refused(api.developer(), "UpdateManifest", deployment_id=D.split("/")[1], manifest=manifest, version=1)
    assert told["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "AWSJSON" in told["message"]


@pytest.mark.parametrize("value", ["NaN", r'"\ud800"'])
def test_a_body_of_graphql_is_no_other(api: Any, value: str) -> None:
    content = body_with(value, {"query": "{ __typename }", "variables": {"odd": "HERE"}})
    answer = api.reader().post("/graphql", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "MALFORMED_JSON")
