"""Types that the sandbox's AWS server can't make: the provider keeps their objects itself, inside that server.

They lie in a table of an account that no environment has, so they live and die with everything else in AWS, nobody
finds them among their own objects, and two engine runs see the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.provider.errors import AwsRefused
from sandbox.provider.language import Input, Kind, LiveObject, Output, Resource, Tags, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import PLAIN
from sandbox.provider.tagging import TagForm

TABLE: Final = "kept"
KEY: Final = "KeptObject"
TAKEN: Final = "ConditionalCheckFailedException"


@dataclass(frozen=True)
class Keeping:
    """How the objects of one type are kept.

    `id`: text template of the id. `parent`: reads what the object belongs to; without it AWS refuses to make the
    object, and when it goes the object is gone. `missing` and `taken`: AWS's error codes for "no such parent" and
    "there is one already"; without `taken` a second one overwrites the first, as `put_` calls do.
    `drawn`: outputs that AWS draws when the object is made.
    """

    id: str
    parent: Callable[[Scope], object] | None = None
    missing: str = "ResourceNotFoundException"
    taken: str = ""
    drawn: Callable[[Scope], Mapping[str, Any]] = lambda scope: {}

    def create(self, scope: Scope) -> str:
        drawn = dict(self.drawn(scope))
        scope.state.update(drawn)
        identity = scope.format(self.id)
        if self.parent and not self.parent(scope):
            raise AwsRefused(f"{self.missing}: {identity} belongs to nothing that exists", aws_code=self.missing)
        try:
            _put(scope, identity, {**_given(scope), **drawn}, new=bool(self.taken))
        except AwsRefused as error:
            if error.aws_code != TAKEN:
                raise
            raise AwsRefused(f"{self.taken}: {identity} exists already", aws_code=self.taken) from error
        return identity

    def read(self, scope: Scope) -> LiveObject | None:
        found = _get(scope, scope.id)
        if found is None:
            return None
        beside = replace(scope, state={**scope.state, **found}, wanted=None)
        if self.parent is None or self.parent(beside):
            return found
        self.delete(scope)  # it went with its parent, and must not come back with another one of that name
        return None

    def update(self, scope: Scope) -> None:
        _put(scope, scope.id, {**(_get(scope, scope.id) or {}), **_given(scope)})

    def delete(self, scope: Scope) -> None:
        _table(scope, "delete_item", Key=_key(scope, scope.id))


def kept(
    token: str, service: str, keeping: Keeping, inputs: tuple[Input, ...], outputs: tuple[Output, ...] = (), **more: Any
) -> Resource:
    """A type all of whose objects the provider keeps; `tagged=True` when it has tags, `more` as of `Resource`."""
    tagged = more.pop("tagged", False)
    told = tuple(replace(one, at="=", shape=PLAIN) for one in inputs)
    changing = " ".join(one.name for one in told if not one.replaces and not one.write_only)
    return Resource(
        token=token,
        service=service,
        inputs=told,
        outputs=tuple(one if one.text else replace(one, at="=", shape=PLAIN) for one in outputs),
        create=keeping.create,
        read=keeping.read,
        settings=(setting(changing, keeping.update, on_create=False),) if changing else (),
        delete=keeping.delete,
        tags=Tags(keeping.update, None, form=TagForm.MAP, at="tagsAll", clear=keeping.update) if tagged else None,
        **more,
    )


def _given(scope: Scope) -> dict[str, Any]:
    """The inputs in Pulumi's spelling, and all tags."""
    names = [one.name for one in scope.resource.inputs if not one.write_only and one.kind is not Kind.ASSET]
    values = {name: scope.value(name) for name in names}
    return {**values, **({"tagsAll": scope.tags_all()} if scope.resource.tags else {})}


def _key(scope: Scope, identity: str) -> dict[str, Any]:
    region = scope.region if scope.resource.regional else "everywhere"
    return {KEY: {"S": json.dumps([scope.resource.token, scope.aws.account, region, identity])}}


def _get(scope: Scope, identity: str) -> LiveObject | None:
    item = _table(scope, "get_item", Key=_key(scope, identity)).get("Item")
    return json.loads(item["Value"]["S"]) if item else None


def _put(scope: Scope, identity: str, values: Mapping[str, Any], new: bool = False) -> None:
    condition = {"ConditionExpression": f"attribute_not_exists({KEY})"} if new else {}
    _table(scope, "put_item", Item={**_key(scope, identity), "Value": {"S": json.dumps(values)}}, **condition)


def _table(scope: Scope, operation: str, **parameters: Any) -> Any:
    """One call on the table, which is made when it isn't there."""
    aws, asked = scope.aws.keeper(), {"TableName": TABLE, **parameters}
    try:
        return aws.call("dynamodb", operation, asked)
    except AwsRefused as error:
        if error.aws_code != "ResourceNotFoundException":
            raise
    _make_table(scope)
    return aws.call("dynamodb", operation, asked)


def _make_table(scope: Scope) -> None:
    schema = {
        "AttributeDefinitions": [{"AttributeName": KEY, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": KEY, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    try:
        scope.aws.keeper().call("dynamodb", "create_table", {"TableName": TABLE, **schema})
    except AwsRefused as error:
        if error.aws_code != "ResourceInUseException":
            raise
