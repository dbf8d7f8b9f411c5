"""The words in which a resource type is described; `services/` holds one description per type.

A description is data: the inputs and outputs of the type under their Pulumi names, and the AWS calls that make,
read, change and delete it. Whatever a type needs beyond these words is a plain function on a `Scope`
(`scope.py`): every verb of a `Resource` is just a callable, and the words below are callables too.

Parameters of a `call` are templates. A text that starts with `$` names a value of the scope:

    $id                    the resource's id
    $cidrBlock             an input, or an output that only the state knows
    $added:routeTableIds   items of a list that the object doesn't have yet
    $removed:routeTableIds items of a list that the object has to lose

Parameters without a value (None, or an empty text, list or map out of a template) are left out of the call.
Paths into AWS's answers are JMESPath.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from sandbox.provider.scope import Resource, Scope, Setting, Tags, setting
from sandbox.provider.words import (
    REGION,
    TAGS,
    Call,
    Detail,
    Input,
    Kind,
    LiveObject,
    Output,
    Property,
    Wait,
    call,
    elsewhere,
)

__all__ = [
    "Call",
    "Create",
    "Delete",
    "Detail",
    "Input",
    "Kind",
    "LiveObject",
    "Output",
    "Property",
    "REGION",
    "Read",
    "Resource",
    "Setting",
    "TAGS",
    "Tags",
    "Wait",
    "call",
    "elsewhere",
    "remember",
    "setting",
]


@dataclass(frozen=True)
class Create:
    """Make the object; its id is found `at` a path in the answer or written as a `text` template of inputs.

    `keeps`: outputs that the answer tells, by path, for the calls that follow and for `stored` outputs. `busy`:
    AWS's error codes that mean "not yet"; the call is made again for up to `seconds`.
    """

    call: Call
    at: str = ""
    text: str = ""
    tags: str = ""  # the parameter that carries the tags, when the call takes them
    keeps: Mapping[str, str] = field(default_factory=dict)
    busy: tuple[str, ...] = ()
    seconds: float = 120

    def __call__(self, scope: Scope) -> str:
        asked = scope.tag_parameter(self.tags)
        answer = scope.patiently(lambda: scope.run(self.call, asked), self.busy, self.seconds)
        scope.state.update({name: scope.pick(path, answer) for name, path in self.keeps.items()})
        return str(scope.pick(self.at, answer)) if self.at else scope.format(self.text)


@dataclass(frozen=True)
class Read:
    """Describe the object: None when AWS answers a `gone` code, finds nothing, or `absent` holds for it.

    `remembers`: inputs that the server takes when it makes the object and can't change: the state tells them, and
    of an import the server.
    """

    call: Call
    at: str
    gone: tuple[str, ...] = ()
    absent: str = ""
    details: tuple[Detail, ...] = ()
    remembers: tuple[str, ...] = ()

    def __call__(self, scope: Scope) -> LiveObject | None:
        found = scope.pick(self.at, scope.ask(self.call, self.gone))
        if not found or (self.absent and scope.pick(self.absent, found)):
            return None
        details = {detail.key: scope.detail(detail) for detail in self.details}
        return {**found, **scope.remembered(self.remembers, found), **details}


def remember(scope: Scope) -> None:
    """The call of a setting that the server can't change: the state has it, `Read.remembers` tells it."""


@dataclass(frozen=True)
class Delete:
    """Calls in order; a `gone` code ends them as a success, a `busy` one is asked again for up to `seconds`."""

    calls: tuple[Call, ...]
    gone: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    seconds: float = 600

    def __call__(self, scope: Scope) -> None:
        for one in self.calls:
            scope.patiently(partial(scope.ask, one, self.gone), self.busy, self.seconds)
