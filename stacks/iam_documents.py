"""IAM policy documents: plain statements in, one JSON text out, with the outputs of resources allowed anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi

Statement = dict[str, Any]
Texts = pulumi.Input[str] | Sequence[pulumi.Input[str]]

_VERSION: Final = "2012-10-17"


def document(*statements: Statement) -> pulumi.Output[str]:
    """The policy document of these statements."""
    return pulumi.Output.json_dumps({"Version": _VERSION, "Statement": list(statements)})


def allow(
    actions: Texts,
    resources: Texts | None = "*",
    *,
    principal: Mapping[str, Texts] | str | None = None,
    conditions: Mapping[str, Mapping[str, Texts]] | None = None,
    sid: str | None = None,
) -> Statement:
    """An `Allow` statement; `principal` only in documents of resources, such as keys."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions}
    return _given({**statement, "Resource": resources, "Condition": conditions})


def deny(
    actions: Texts, resources: Texts, *, conditions: Mapping[str, Mapping[str, Texts]], sid: str | None = None
) -> Statement:
    """A `Deny` statement in the document of a resource: nobody may, under these conditions, whatever else says so."""
    statement: Statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": actions}
    return _given({**statement, "Resource": resources, "Condition": conditions})


def _given(statement: Statement) -> Statement:
    return {key: value for key, value in statement.items() if value is not None}


def trust(service: str, *, account: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Lets an AWS service assume the role; with `account`, only when it works for that account, so that nobody else's
    resources can borrow the role through the service (the confused deputy)."""
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if account is not None:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document(statement)
