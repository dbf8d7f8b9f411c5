"""What a description is made of before anything is done with it: properties, AWS calls, what is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from sandbox.provider.shapes import BLOCK, PLAIN, Shape, pascal

LiveObject = dict[str, Any]


class Kind(Enum):
    """How a property's value is written by AWS and when two of them are the same."""

    PLAIN = "plain"
    SET = "set"  # a list whose order means nothing
    MAP = "map"  # keys are the user's, kept as they are
    BLOCK = "block"  # a nested map, or a list of them; without a shape of its own with AWS's PascalCase keys
    JSON = "json"  # JSON text, the same when it says the same
    POLICY = "policy"  # an IAM policy document: JSON text, the same when it grants the same
    REFERENCE = "reference"  # another object's id, or its ARN
    DOMAIN = "domain"  # a DNS name: case and the last dot mean nothing
    ASSET = "asset"  # a file or an archive: sent as bytes, the same when its content is


@dataclass(frozen=True)
class Property:
    """`at`: JMESPath in the live object (default: the name in PascalCase; "=": the name itself). `shape`: how AWS
    writes the value. `stored`: AWS doesn't tell it later, it lives in the state."""

    name: str
    at: str = ""
    kind: Kind = Kind.PLAIN
    shape: Shape | None = field(default=None, kw_only=True)
    secret: bool = field(default=False, kw_only=True)
    stored: bool = field(default=False, kw_only=True)

    @property
    def path(self) -> str:
        return self.name if self.at == "=" else self.at or pascal(self.name)

    @property
    def written(self) -> Shape:
        return self.shape or (BLOCK if self.kind is Kind.BLOCK else PLAIN)


@dataclass(frozen=True)
class Input(Property):
    """A property that the program may set; it is an output of the same name as well.

    The last word of `at` is the API's parameter. `unordered`: lists inside (by their key) whose order means
    nothing. `partial`: AWS fills in parts inside that the program leaves out, which are no difference; those `told`
    are unknown in a preview. `replacing`: parts inside (`subnetIds`, `disk.encrypted`) that make a new object.
    `default`: what Check fills in. `replaces`: a change makes a new object. `computed`: AWS picks a value when the
    program has none, so that taking it out of the program changes nothing. `write_only`: it does not even live in
    the state. `autoname`: the longest name that Check may make out of the resource's name, 0 = never; it begins
    with `autoname_prefix`.
    """

    default: Any = None
    required: bool = False
    replaces: bool = False
    computed: bool = False
    write_only: bool = False
    autoname: int = 0
    autoname_prefix: str = ""
    unordered: tuple[str, ...] = ()
    partial: bool = False
    told: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()

    @property
    def parameter(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Output(Property):
    """A property that only AWS sets.

    `text`, in place of `at`: a template over `{id}`, `{region}`, `{account}`, `{partition}` and the other properties.
    `volatile`: any update may change it, so a preview calls it unknown. One that is `stored` only the create call tells
    (`Create.keeps`).
    """

    text: str = ""
    volatile: bool = False


@dataclass(frozen=True)
class Call:
    """One AWS call: the inputs sent under their own API names, and parameters by template."""

    operation: str
    sent: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    service: str = ""  # where it isn't the type's own


def call(operation: str, sent: str = "", **parameters: Any) -> Call:
    """`call("create_subnet", "vpcId cidrBlock", Extra="$id")`."""
    return Call(operation, tuple(sent.split()), parameters)


def elsewhere(service: str, one: Call) -> Call:
    """The call made to another service than the type's own."""
    return replace(one, service=service)


@dataclass(frozen=True)
class Detail:
    """A part of the live object that another call tells, kept under `key`; None when AWS has none."""

    key: str
    call: Call
    at: str = "@"
    none: tuple[str, ...] = ()  # AWS's error codes that mean "there is none"


@dataclass(frozen=True)
class Wait:
    """Until a `path` of the live object has one of the values; one of `failed` ends the wait as an error."""

    path: str
    until: tuple[Any, ...]
    failed: tuple[Any, ...] = ()
    seconds: float = 600


REGION: Final = Input("region", computed=True, replaces=True, stored=True)
TAGS: Final = Input("tags", kind=Kind.MAP)
