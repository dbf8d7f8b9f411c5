"""A resource type, and what one operation on one resource of it can see and do: its values and its way to AWS.

The two stand together because each is made of the other: what a type does are functions on a scope.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final

import jmespath
from jmespath.parser import ParsedResult

from sandbox.provider.assets import content
from sandbox.provider.aws import Aws, dns_suffix_of, partition_of
from sandbox.provider.errors import AwsRefused, Interrupted, ProviderError
from sandbox.provider.sameness import completed
from sandbox.provider.tagging import TagForm, write_tags
from sandbox.provider.words import REGION, TAGS, Call, Detail, Input, Kind, LiveObject, Output, Wait

EMPTY: tuple[Any, ...] = (None, "", [], {})
NOTHING: Final[Mapping[Kind, Any]] = {Kind.SET: [], Kind.MAP: {}, Kind.BLOCK: {}}
BUSY_PAUSE = 0.5


@dataclass(frozen=True)
class Tags:
    """A service's way with tags: what adds `$new_tags` and removes `$gone_keys` (or `$gone_tags`).

    A service that takes only the whole set has `add` with `$all_tags`, and `remove=None`; `clear` is its call for
    an empty set where it has one. `form`: how `$new_tags` and `$all_tags` are written; `$gone_tags` is always
    `[{"Key": k}]`. `at`: path of the tags in the live object. `resource_type`: EC2's name of the type.
    `after_create`: the create call takes no tags, so that they are added once the object is there.
    """

    add: Call | Callable[[Scope], object]
    remove: Call | Callable[[Scope], object] | None
    form: TagForm = TagForm.PAIRS
    at: str = "Tags"
    resource_type: str = ""
    clear: Call | Callable[[Scope], object] | None = None
    after_create: bool = False


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


@dataclass
class Scope:
    """Plain values only: secrets are revealed for AWS and hidden again by whoever answers the engine.

    `wanted`: the inputs to bring about (create, update), None when the object is only read or deleted;
    `old`: the inputs of before; `state`: the outputs of before; `changed`: names of the inputs that differ;
    `bound`: names that only the call at hand knows.
    """

    resource: Resource
    aws: Aws
    name: str = ""
    id: str = ""
    wanted: Mapping[str, Any] | None = None
    old: Mapping[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    default_tags: Mapping[str, str] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    bound: Mapping[str, Any] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)
    seconds: float = 0  # the program's own timeout of this operation; 0 = the type's

    # -- values ------------------------------------------------------------------------------------------------

    def value(self, name: str) -> Any:
        """An input as wanted; what the program leaves to AWS, and every output, as the state has it."""
        if name in self.bound:
            return self.bound[name]
        if name == "id":
            return self.id
        if name == "region":
            return self.region
        if self.wanted is None:
            return self.state.get(name, self.old.get(name))
        known = self.wanted.get(name)
        prop = self.resource.properties.get(name)
        return known if known is not None or (prop and not prop.computed) else self.state.get(name)

    @property
    def region(self) -> str:
        chosen = (self.wanted or {}).get("region") or self.state.get("region") or self.old.get("region")
        return str(chosen or self.aws.region)

    @property
    def partition(self) -> str:
        return partition_of(self.region)

    def added(self, name: str) -> list[Any]:
        """Items of a list that the object doesn't have yet."""
        before = self.state.get(name) or []
        return [item for item in self.value(name) or [] if item not in before]

    def removed(self, name: str) -> list[Any]:
        """Items of a list that the object has to lose."""
        wanted = self.value(name) or []
        return [item for item in self.state.get(name) or [] if item not in wanted]

    def emptied(self) -> dict[str, Any]:
        """The changed inputs that the program has emptied, as parameters: for calls that keep what they aren't told."""
        gone = [self.resource.properties[name] for name in self.changed if self.value(name) in EMPTY]
        return {prop.parameter: NOTHING.get(prop.kind, "") for prop in gone if prop.name != "tags"}

    def format(self, text: str, extra: Mapping[str, Any] | None = None) -> str:
        """`arn:{partition}:ec2:{region}:{account}:vpc/{id}` with the scope's values."""
        return text.format_map(_Names(self, extra or {}))

    # -- calls -------------------------------------------------------------------------------------------------

    def run(self, call: Call, extra: Mapping[str, Any] | None = None) -> Any:
        """Make the call with its templates filled in; AwsRefused when AWS refuses."""
        sent = {self.resource.properties[name].parameter: self.shaped(name) for name in call.sent}
        filled = {key: self._filled(item) for key, item in call.parameters.items()}
        parameters = {key: item for key, item in {**sent, **filled}.items() if item not in EMPTY}
        return self.request(call.operation, {**parameters, **(extra or {})}, call.service)

    def request(self, operation: str, parameters: Mapping[str, Any], service: str = "") -> Any:
        """boto3's answer to one operation of the resource's service (or another one) in its region."""
        return self.aws.call(service or self.resource.service, operation, parameters, self.region)

    def do(self, what: Call | Callable[[Scope], object]) -> object:
        """Make the call, or run the function."""
        return self.run(what) if isinstance(what, Call) else what(self)

    def patiently(self, action: Callable[[], Any], busy: Collection[str], seconds: float) -> Any:
        """The action's answer; while AWS refuses it with a `busy` code it is tried again until the deadline."""
        end = self.deadline(seconds)
        while True:
            try:
                return action()
            except AwsRefused as error:
                if error.aws_code not in busy or time.monotonic() > end:
                    raise
            self.pause(BUSY_PAUSE)

    def ask(self, call: Call, none: Iterable[str] = ()) -> Any:
        """The answer, or None when AWS refuses with one of these codes."""
        try:
            return self.run(call)
        except AwsRefused as error:
            if error.aws_code in none:
                return None
            raise

    def detail(self, detail: Detail) -> Any:
        return self.pick(detail.at, self.ask(detail.call, detail.none))

    def remembered(self, names: Iterable[str], live: LiveObject) -> LiveObject:
        """What AWS tells under these inputs' paths, as they were last wanted; nothing for those without a value."""
        known = {self.resource.properties[name].path: self.shaped(name) for name in names}
        return {path: completed(value, live.get(path)) for path, value in known.items() if value is not None}

    def pick(self, path: str, document: Any) -> Any:
        return None if document is None else _compiled(path).search(document)

    def pause(self, seconds: float) -> None:
        """Sleep, unless the engine cancels this run: then Interrupted, at once."""
        if self.cancelled.wait(seconds):
            raise Interrupted("the run was cancelled")

    def deadline(self, seconds: float) -> float:
        """`time.monotonic()` after which this operation has to give up."""
        return time.monotonic() + (self.seconds or seconds)

    # -- tags --------------------------------------------------------------------------------------------------

    def tags_all(self) -> dict[str, str]:
        """The tags that the object should have: the provider's default ones under its own."""
        return {**self.default_tags, **(self.value("tags") or {})} if self.resource.tags else {}

    def tag_parameter(self, parameter: str) -> dict[str, Any]:
        """The tags as a create call takes them."""
        tags = self.tags_all()
        if not parameter or not tags or not self.resource.tags:
            return {}
        written = write_tags(tags, self.resource.tags.form)
        if self.resource.tags.form is TagForm.EC2:
            return {parameter: [{"ResourceType": self.resource.tags.resource_type, "Tags": written}]}
        return {parameter: written}

    # -- templates ---------------------------------------------------------------------------------------------

    def shaped(self, name: str) -> Any:
        """An input as AWS writes it."""
        prop, value = self.resource.properties[name], self.value(name)
        if value is None:
            return None
        return content(value) if prop.kind is Kind.ASSET else prop.written.send(value)

    def _filled(self, template: Any) -> Any:
        if isinstance(template, Mapping):
            filled = {key: self._filled(item) for key, item in template.items()}
            return {key: item for key, item in filled.items() if item not in EMPTY}
        if isinstance(template, list):
            return [item for item in map(self._filled, template) if item not in EMPTY]
        if not isinstance(template, str) or not template.startswith("$"):
            return template
        verb, _, name = template[1:].rpartition(":")
        return {"added": self.added, "removed": self.removed, "": self._shaped_or_value}[verb](name)

    def _shaped_or_value(self, name: str) -> Any:
        return self.shaped(name) if name in self.resource.properties else self.value(name)


class _Names(dict[str, Any]):
    """The names that a text template may use; a missing one is an error of the description."""

    def __init__(self, scope: Scope, extra: Mapping[str, Any]) -> None:
        super().__init__(extra)
        self._scope = scope

    def __missing__(self, name: str) -> Any:
        match name:
            case "account":
                return self._scope.aws.account
            case "partition":
                return self._scope.partition
            case "suffix":
                return dns_suffix_of(self._scope.region)
        value = self._scope.value(name)
        if value is None:
            raise ProviderError(f"{self._scope.resource.token}: nothing known of {name!r}")
        return value


@cache
def _compiled(path: str) -> ParsedResult:
    return jmespath.compile(path)
