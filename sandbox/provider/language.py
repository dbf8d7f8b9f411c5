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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from sandbox.provider.shapes import BLOCK, PLAIN, Shape, pascal

if TYPE_CHECKING:
    from sandbox.provider.scope import Scope
    from sandbox.provider.tagging import Tags

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
class Detail:
    """A part of the live object that another call tells, kept under `key`; None when AWS has none."""

    key: str
    call: Call
    at: str = "@"
    none: tuple[str, ...] = ()  # AWS's error codes that mean "there is none"


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


@dataclass(frozen=True)
class Setting:
    """A part of the object that has calls of its own: on create if it is given, on update if it changed.

    `clear` runs when the program took the value out. `born`: the value that a new object has anyway, which
    needs no call on create; `on_create=False` when the create call carries the properties itself.
    """

    properties: tuple[str, ...]
    call: Call | Callable[[Scope], object]
    clear: Call | None = None
    born: Any = None
    on_create: bool = True


def setting(properties: str, call: Call | Callable[[Scope], object], **options: Any) -> Setting:
    """`setting("description keyId", call("update_thing", …))`."""
    return Setting(tuple(properties.split()), call, **options)


@dataclass(frozen=True)
class Wait:
    """Until a `path` of the live object has one of the values; one of `failed` ends the wait as an error."""

    path: str
    until: tuple[Any, ...]
    failed: tuple[Any, ...] = ()
    seconds: float = 600


@dataclass(frozen=True)
class Resource:
    """One type.

    `identity`: the properties by which AWS tells two objects apart where it allows no second one: replacing an
    object that keeps them deletes the old one first.
    `imports`: a regular expression over an id given to `pulumi import`; its groups become the properties by
    which `read` finds the object. `id_at`: path of the id in the live object where the imported text isn't it.
    `vanishes`: seconds that a deletion may take until `read` finds nothing; 0 = it is immediate.
    """

    token: str
    service: str
    inputs: tuple[Input, ...]
    create: Callable[[Scope], str]
    read: Callable[[Scope], LiveObject | None]
    delete: Callable[[Scope], object]
    outputs: tuple[Output, ...] = ()
    settings: tuple[Setting, ...] = ()
    tags: Tags | None = None
    ready: Wait | None = None
    vanishes: float = 0
    identity: tuple[str, ...] = ()
    imports: str = ""
    id_at: str = ""
    regional: bool = True

    @cached_property
    def properties(self) -> Mapping[str, Input]:
        """Every input by its name: the declared ones, the region and the tags."""
        extra = ((REGION,) if self.regional else ()) + ((TAGS,) if self.tags else ())
        return {one.name: one for one in (*self.inputs, *extra)}


REGION: Final = Input("region", computed=True, replaces=True, stored=True)
TAGS: Final = Input("tags", kind=Kind.MAP)
