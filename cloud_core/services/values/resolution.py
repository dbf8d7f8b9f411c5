"""Give every placeholder of a stack's configuration its value, from ports that may be absent.

Values are looked up in the order ENV, calculations, variables, deployment, AWS, secrets and parameters, stack
outputs. Only ENV values are searched for further placeholders: what comes from AWS, a secret or another stack is
taken as it is, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from cloud_core.domain.errors import InvalidInput, NotFound, Unavailable, UnresolvablePlaceholder
from cloud_core.domain.placeholders import PlaceholderKind, Problem, Reference, expand, fill, references
from cloud_core.domain.values import Value
from cloud_core.services.values.lookup import LOOKUP_ORDER, ResolutionContext, SourceOffline, look_up


@dataclass(frozen=True)
class ResolvedInputs:
    """The configuration with its values, secrets and unknowns at any depth.

    `looked_up` holds the value of each placeholder that has one. `unresolved` are the placeholders left as written
    because their source is offline; always empty outside a preview.
    """

    values: dict[str, Value]
    looked_up: dict[Reference, Value] = field(default_factory=dict)
    unresolved: tuple[Reference, ...] = ()

    @property
    def consumed(self) -> dict[tuple[str, str], Value]:
        """The value of each (stack, output) that was read."""
        return {
            (found.placeholder.stack or "", found.placeholder.output or ""): value
            for found, value in self.looked_up.items()
            if found.placeholder.kind is PlaceholderKind.STACK_OUTPUT
        }


def resolve(config: Mapping[str, Value], context: ResolutionContext) -> ResolvedInputs:
    """Resolve a stack's merged configuration.

    Raises UnresolvablePlaceholder with every problem at once (context `problems`: one text each, naming stack,
    field, placeholder, reason and way out). When nothing but access failed, the error is of the kind that failed,
    so that callers can tell what is worth another try.
    """
    tree, problems = expand(config, context.environment_config)
    wanted = sorted(dict.fromkeys(references(tree)), key=lambda found: LOOKUP_ORDER.index(found.placeholder.kind))
    found = _Findings(problems=problems)
    for reference in wanted:
        _look_up_into(found, reference, context)
    values, misplaced = fill(tree, found.values)
    found.problems.extend(misplaced)
    if found.problems:
        _raise_problems(context.stack, found)
    if found.failures:
        _raise_failure(context.stack, found.failures)
    return ResolvedInputs(values, found.values, tuple(found.offline))


@dataclass
class _Findings:
    problems: list[Problem]
    values: dict[Reference, Value] = field(default_factory=dict)
    failures: list[tuple[Reference, Unavailable]] = field(default_factory=list)
    offline: list[Reference] = field(default_factory=list)


def _look_up_into(found: _Findings, reference: Reference, context: ResolutionContext) -> None:
    try:
        found.values[reference] = look_up(reference, context)
    except SourceOffline:
        if context.preview:
            found.offline.append(reference)
        else:
            found.problems.append(_problem(reference, "its source is offline, and only a preview may leave it open"))
    except Unavailable as error:
        found.failures.append((reference, error))
    except (InvalidInput, NotFound) as error:
        found.problems.append(_problem(reference, error.message))


def _problem(reference: Reference, reason: str) -> Problem:
    return Problem(reference.field, reference.placeholder.text, reason, reference.via)


def _raise_problems(stack: str, found: _Findings) -> NoReturn:
    failed = [_problem(reference, error.message) for reference, error in found.failures]
    texts = [_describe(stack, problem) for problem in [*found.problems, *failed]]
    if len(texts) == 1:
        raise UnresolvablePlaceholder(texts[0], stack=stack, problems=texts)
    lines = "".join(f"\n  - {text}" for text in texts)
    raise UnresolvablePlaceholder(
        f"{len(texts)} placeholders of stack {stack} have no value:{lines}", stack=stack, problems=texts
    )


def _raise_failure(stack: str, failures: list[tuple[Reference, Unavailable]]) -> NoReturn:
    """One that no further try would mend comes before those that it might."""
    reference, error = min(failures, key=lambda failure: failure[1].retryable)
    texts = [_describe(stack, _problem(failed, failure.message)) for failed, failure in failures]
    context = error.context | {"stack": stack, "problems": texts}
    raise type(error)(_describe(stack, _problem(reference, error.message)), **context) from error


def _describe(stack: str, problem: Problem) -> str:
    through = "".join(f" through {{{{ENV:{key}}}}}" for key in problem.via)
    return f"stack {stack}, field {problem.field or '(all)'}{through}: {problem.text}: {problem.reason}"
