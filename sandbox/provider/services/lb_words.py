"""Elastic Load Balancing: what its types have in common. Their ids are ARNs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.provider.language import Delete, Detail, Input, LiveObject, Read, Setting, Tags, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.shapes import FLAG, NUMBER, PLAIN, Shape

TAGS: Final = Tags(
    add=call("add_tags", ResourceArns=["$id"], Tags="$new_tags"),
    remove=call("remove_tags", ResourceArns=["$id"], TagKeys="$gone_keys"),
)
TOLD_TAGS: Final = Detail("Tags", call("describe_tags", ResourceArns=["$id"]), "TagDescriptions[0].Tags")


@dataclass(frozen=True)
class Attribute:
    """A property among an object's attributes, which AWS tells and takes as pairs of texts.

    `born`: the value of a new object. `computed`: AWS picks it, by the kind of the object.
    """

    name: str
    key: str
    born: Any
    computed: bool = False

    @property
    def shape(self) -> Shape:
        return FLAG if isinstance(self.born, bool) else NUMBER if isinstance(self.born, int) else PLAIN

    @property
    def input(self) -> Input:
        default = None if self.computed else self.born
        return Input(self.name, f'Attributes."{self.key}"', default=default, computed=self.computed, shape=self.shape)


def born(attributes: Sequence[Attribute]) -> dict[str, str]:
    """The attributes of a new object: the server tells only some of them."""
    return {one.key: one.shape.send(one.born) for one in attributes}


def given(scope: Scope, attributes: Sequence[Attribute]) -> dict[str, str]:
    """On create what differs from a new object's, for no kind of object takes all attributes; later what changed."""
    wanted = {one: scope.value(one.name) for one in attributes}
    return {
        one.key: one.shape.send(value)
        for one, value in wanted.items()
        if value is not None and (one.name in scope.changed if scope.changed else value != one.born)
    }


def put_attributes(
    names: str, operation: str, owner: str, values: Callable[[Scope], dict[str, str]]
) -> tuple[Setting, ...]:
    """One call for all of them."""

    def put(scope: Scope) -> None:
        pairs = [{"Key": key, "Value": value} for key, value in values(scope).items()]
        if pairs:
            scope.request(operation, {owner: scope.id, "Attributes": pairs})

    return (setting(names, put),)


def with_attributes(scope: Scope, read: Read, attributes: Sequence[Attribute]) -> LiveObject | None:
    """The live object with its attributes as a map, and the part of its ARN that metrics know it by."""
    live = read(scope)
    if live is None:
        return None
    told = {pair["Key"]: pair["Value"] for pair in live["Attributes"] or ()}
    return {**live, "Attributes": {**born(attributes), **told}, "ArnSuffix": scope.id.rpartition(":")[2]}


def delete_by(operation: str, owner: str, gone: str, busy: tuple[str, ...] = ()) -> Delete:
    return Delete((call(operation, **{owner: "$id"}),), gone=(gone,), busy=busy, seconds=120)
