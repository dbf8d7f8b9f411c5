"""DNS names: each has one owner in an environment. Two that write the same record would undo each other's work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cloud_core.domain.manifest import dotted
from cloud_core.domain.placeholders import Placeholder, PlaceholderKind, Reference, Text
from cloud_core.domain.placeholders.expansion import Tree
from cloud_core.domain.stack_template import OwnedName
from cloud_core.domain.validation.findings import Finding
from cloud_core.domain.validation.subject import EnvironmentView, StackView, Subject


class _Owner(NamedTuple):
    stack: StackView
    owned: OwnedName

    @property
    def place(self) -> tuple[str | int, ...]:
        """Where the manifest says that the stack owns the name: the flag, else the stack."""
        return self.stack.place(self._flag) if self._flag else ("stacks", self.stack.name)

    @property
    def way_out(self) -> str:
        if self._flag:
            return f"set {self._flag!r} of {self.stack.name!r} to false"
        return f"disable {self.stack.name!r} there"

    @property
    def _flag(self) -> str | None:
        """The input that gives the name up, where it has a value."""
        return self.owned.owned_if if self.owned.owned_if in self.stack.tree else None


def check_dns_names(subject: Subject) -> Iterator[Finding]:
    """No two stacks that are on in an environment own the same name; private names are apart from public ones."""
    for view in subject.views:
        for (_private, name), owners in _owners(subject, view).items():
            if len(owners) > 1:
                yield _conflict(subject, name, owners, view.name)


def _conflict(subject: Subject, name: str, owners: Sequence[_Owner], environment: str) -> Finding:
    told = " and ".join(f"{owner.stack.name!r} ({dotted(owner.place)})" for owner in owners)
    return subject.found(
        "DNS_NAME_CONFLICT",
        owners[-1].place,
        f"the DNS name {name!r} has more than one owner: {told}",
        name=name,
        stacks=[owner.stack.name for owner in owners],
        places=[dotted(owner.place) for owner in owners],
        ways=" or ".join(owner.way_out for owner in owners),
        environments=[environment],
    )


def _owners(subject: Subject, view: EnvironmentView) -> Mapping[tuple[bool, str], list[_Owner]]:
    found: dict[tuple[bool, str], list[_Owner]] = {}
    reading = _Reading(subject, view)
    for stack in view.stacks.values():
        for owned in stack.template.dns_names if stack.template else ():
            values = {name: value for name in owned.inputs if (value := reading.text(stack.tree.get(name)))}
            switched_on = owned.owned_if is None or stack.tree.get(owned.owned_if) is not False
            if switched_on and len(values) == len(set(owned.inputs)):
                found.setdefault((owned.private, owned.filled(values)), []).append(_Owner(stack, owned))
    return found


class _Reading:
    """Reads an expanded value as the text that will stand there, as far as the manifest tells."""

    def __init__(self, subject: Subject, view: EnvironmentView) -> None:
        self._deployment = subject.manifest.deployment
        self._view = view

    def text(self, tree: Tree, seen: frozenset[tuple[str, str]] = frozenset()) -> str | None:
        """None without a value, such as the output of a stack that is off; what can't be told stays a placeholder."""
        match tree:
            case str():
                return tree
            case Text(parts=parts):
                return "".join(part if isinstance(part, str) else self.text(part.tree, seen) or "" for part in parts)
            case Reference(placeholder=placeholder):
                return self._looked_up(placeholder, seen)
        return None

    def _looked_up(self, placeholder: Placeholder, seen: frozenset[tuple[str, str]]) -> str | None:
        if placeholder.kind is PlaceholderKind.DEPLOYMENT:
            return getattr(self._deployment, placeholder.key or "", None)
        if placeholder.stack is None or placeholder.output is None:
            return placeholder.text
        source, step = self._view.stacks.get(placeholder.stack), (placeholder.stack, placeholder.output)
        if source is None:
            return None
        output = source.template.outputs.get(placeholder.output) if source.template else None
        if output is None or output.input is None or step in seen:
            return f"${{{'.'.join(step)}}}"
        return self.text(source.tree.get(output.input), seen | {step})
