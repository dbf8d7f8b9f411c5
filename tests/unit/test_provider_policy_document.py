"""`getPolicyDocument`: one canonical text for the same policy, merged in the documented order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.provider.errors import ProviderError
from sandbox.provider.invokes.policy_document import VERSION, build


def statements(**arguments: Any) -> Any:
    return build(arguments)["Statement"]


def document(*sids: str, effect: str = "Deny", **more: Any) -> str:
    return json.dumps({"Statement": [{"Sid": sid, "Effect": effect} for sid in sids], **more})


def test_a_full_statement() -> None:
    given = {
        "sid": "Read",
        "effect": "Deny",
        "actions": ["s3:GetObject", "s3:ListBucket"],
        "resources": ["arn:aws:s3:::b/&{aws:username}"],
        "principals": [
            {"type": "Service", "identifiers": ["ec2.amazonaws.com"]},
            {"type": "AWS", "identifiers": ["arn:1", "arn:2"]},
        ],
        "conditions": [
            {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]},
            {"test": "StringEquals", "variable": "kms:ViaService", "values": ["b", "a"]},
            {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]},
        ],
    }
    assert statements(statements=[given]) == [
        {
            "Sid": "Read",
            "Effect": "Deny",
            "Action": ["s3:ListBucket", "s3:GetObject"],
            "Resource": "arn:aws:s3:::b/${aws:username}",
            "Principal": {"AWS": ["arn:2", "arn:1"], "Service": "ec2.amazonaws.com"},
            "Condition": {
                "Bool": {"aws:SecureTransport": "true"},
                "StringEquals": {"aws:SourceAccount": "1", "kms:ViaService": ["b", "a"]},
            },
        }
    ]


def test_the_negative_parts() -> None:
    given = {
        "notActions": ["iam:*"],
        "notResources": ["*"],
        "notPrincipals": [{"type": "AWS", "identifiers": ["arn:1"]}],
    }
    (found,) = statements(statements=[given])
    assert found == {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "*", "NotPrincipal": {"AWS": "arn:1"}}


def test_everybody() -> None:
    (found,) = statements(statements=[{"principals": [{"type": "*", "identifiers": ["*"]}]}])
    assert found["Principal"] == "*"
    (found,) = statements(statements=[{"principals": [{"type": "AWS", "identifiers": ["*"]}]}])
    assert found["Principal"] == {"AWS": "*"}


def test_the_same_policy_has_one_text() -> None:
    one = {"actions": ["a:1", "a:2"], "resources": ["y", "x"]}
    other = {"resources": ["x", "y"], "actions": ["a:2", "a:1", "a:1"]}
    assert json.dumps(build({"statements": [one]})) == json.dumps(build({"statements": [other]}))


def test_sources_come_first_and_overrides_last() -> None:
    found = build(
        {
            "sourcePolicyDocuments": [document("One", "Two"), document("Three")],
            "statements": [{"sid": "Two", "actions": ["own"]}, {"actions": ["unnamed"]}],
            "overridePolicyDocuments": [document("Three", effect="Allow"), document("Four")],
        }
    )
    assert [(one.get("Sid"), one["Effect"]) for one in found["Statement"]] == [
        ("One", "Deny"),
        ("Two", "Allow"),
        ("Three", "Allow"),
        (None, "Allow"),
        ("Four", "Deny"),
    ]


def test_version_and_id_of_the_last_document_that_has_them() -> None:
    found = build({"policyId": "own", "overridePolicyDocuments": [document("A", Id="over", Version="2008-10-17")]})
    assert (found["Version"], found["Id"]) == ("2008-10-17", "over")
    assert build({"statements": []}) == {"Version": VERSION}
    assert list(build({"policyId": "x", "statements": [{"actions": ["a"]}]})) == ["Version", "Id", "Statement"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"statements": [{"sid": "A"}, {"sid": "A"}]}, "duplicate Sid 'A' in statements"),
        ({"sourcePolicyDocuments": [document("A"), document("A")]}, "duplicate Sid 'A' in sourcePolicyDocuments"),
        ({"sourcePolicyDocuments": ["{"]}, "not readable JSON"),
        ({"overridePolicyDocuments": ["[]"]}, "not a policy document"),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        build(arguments)
