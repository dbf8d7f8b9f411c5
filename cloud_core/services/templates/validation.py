"""Validation of templates, ours and the workspace's: what each file says, and whether what it names is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from cloud_core.domain.deployment_template import DeploymentTemplate
from cloud_core.domain.errors import InvalidInput, TemplateNotFound
from cloud_core.domain.manifest_generation import Answers, assemble_manifest
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.template_variables import SAMPLE_ANSWERS, variables
from cloud_core.domain.validation import Catalogue, Finding, Level, Scope, finding, split, validate_manifest
from cloud_core.domain.validation.stack_template_rules import StackTemplateSubject, check_stack_template
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.workspace import TemplateCatalog, TemplateFile
from cloud_core.services.templates.service import SAMPLE

# A template may leave stacks off, and it does not choose the account.
_NOT_OF_TEMPLATES: Final = frozenset({"STACK_DISABLED", "SHARED_ACCOUNT"})


class TemplateKind(StrEnum):
    DEPLOYMENT = "deployment"
    STACK = "stack"


class Check(StrEnum):
    """In the order in which they are made; what can't be read is not looked into."""

    SYNTAX = "syntax"
    FIELDS = "fields"
    VARIABLES = "variables"
    STACKS = "stack-definitions"
    DEPENDENCIES = "dependencies"
    CONFIGURATION = "configuration"


_CHECKS: Final = {
    "SYNTAX_ERROR": Check.SYNTAX,
    "INVALID_TEMPLATE_FIELD": Check.FIELDS,
    "INVALID_TEMPLATE_VARIABLE": Check.VARIABLES,
    "UNKNOWN_STACK": Check.STACKS,
}
_BLOCKING: Final = frozenset({Check.SYNTAX, Check.FIELDS, Check.VARIABLES})


@dataclass(frozen=True)
class TemplateVerdict:
    """What was found in one template."""

    kind: TemplateKind
    file: TemplateFile
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        return not self.errors

    def to_data(self) -> dict[str, Any]:
        """`{template_name, kind, origin, path, valid, checks: [{name, status, message}], errors, warnings}`."""
        return {
            "template_name": self.file.name,
            "kind": self.kind.value,
            "origin": self.file.origin.value,
            "path": str(self.file.path),
            "valid": self.valid,
            "checks": list(self._checks()),
            "errors": [error.to_data() for error in self.errors],
            "warnings": [warning.to_data() for warning in self.warnings],
        }

    def _checks(self) -> Iterator[dict[str, str]]:
        blocked = False
        for check in Check:
            if self.kind is TemplateKind.STACK and check is Check.VARIABLES:
                continue
            failed = [error.message for error in self.errors if _check_of(error) is check]
            status = "failed" if failed else "skipped" if blocked else "passed"
            yield {"name": check.value, "status": status, "message": "; ".join(failed)}
            blocked = blocked or (bool(failed) and check in _BLOCKING)


def _check_of(found: Finding) -> Check:
    by_level = Check.DEPENDENCIES if found.level is Level.DEPENDENCIES else Check.CONFIGURATION
    return _CHECKS.get(found.code, by_level)


class TemplateValidation:
    """Every finding of a template at once. Programs are known by name, none is imported."""

    def __init__(self, catalog: TemplateCatalog, programs: ProgramNames) -> None:
        self._catalog = catalog
        self._programs = programs

    def validate_all(self, strict: bool = False) -> tuple[TemplateVerdict, ...]:
        """Deployment templates, then stack templates, each by name; `strict` turns warnings into errors."""
        deployments = [self._deployment(file, strict) for file in self._catalog.deployment_template_files()]
        return (*deployments, *(self._stack(file, strict) for file in self._catalog.stack_template_files()))

    def validate(self, name: str, strict: bool = False) -> TemplateVerdict:
        """The deployment template of that name, else the stack template; TemplateNotFound."""
        deployments = {file.name: file for file in self._catalog.deployment_template_files()}
        stacks = {file.name: file for file in self._catalog.stack_template_files()}
        if name in deployments:
            return self._deployment(deployments[name], strict)
        if name in stacks:
            return self._stack(stacks[name], strict)
        raise TemplateNotFound(
            f"there is no template {name!r}: there are the deployment templates {', '.join(deployments) or 'none'} "
            f"and the stack templates {', '.join(stacks) or 'none'}",
            template=name,
            suggestion="run 'cloud template-list' to see them",
        )

    def _stack(self, file: TemplateFile, strict: bool) -> TemplateVerdict:
        place = file.place
        try:
            template = self._catalog.stack_template(file.name)
        except InvalidInput as error:
            return _verdict(TemplateKind.STACK, file, _unreadable(error, place), strict)
        known, _ = self._readable()
        subject = StackTemplateSubject(template, known, frozenset(self._programs.names()), place)
        return _verdict(TemplateKind.STACK, file, check_stack_template(subject), strict)

    def _deployment(self, file: TemplateFile, strict: bool) -> TemplateVerdict:
        try:
            template = self._catalog.render(file.name, variables(SAMPLE_ANSWERS))
        except InvalidInput as error:
            return _verdict(TemplateKind.DEPLOYMENT, file, _unreadable(error, file.place), strict)
        return _verdict(TemplateKind.DEPLOYMENT, file, self._findings(template, file.place), strict)

    def _findings(self, template: DeploymentTemplate, place: str) -> Iterator[Finding]:
        """Those of the manifest that the template makes, all environments on, at the template's own places."""
        known, broken = self._readable()
        yield from (found for name in template.stacks for found in broken.get(name, ()))
        data = assemble_manifest(template, _sample_answers(template), known)
        stacks = {template.name: frozenset(template.stacks)}
        catalogue = Catalogue(known, stacks, frozenset(self._programs.names()))
        result = validate_manifest(data, catalogue, Scope(Level.CONFIG, file=place))
        unread = template.stacks.keys() - known.keys()
        for found in (*result.errors, *result.warnings):
            if found.code not in _NOT_OF_TEMPLATES and not _is_idle(found, unread, broken.keys()):
                yield found.model_copy(update={"location": found.location.removesuffix(".dependencies")})

    def _readable(self) -> tuple[dict[str, StackTemplate], dict[str, list[Finding]]]:
        """The stack templates that can be read, and what is wrong with the others."""
        known: dict[str, StackTemplate] = {}
        broken: dict[str, list[Finding]] = {}
        for file in self._catalog.stack_template_files():
            try:
                known[file.name] = self._catalog.stack_template(file.name)
            except InvalidInput as error:
                broken[file.name] = list(_unreadable(error, file.place))
        return known, broken


def _is_idle(found: Finding, unread: Set[str], broken: Set[str]) -> bool:
    """Of a stack without a readable template there is nothing to say but that; a broken one is told already."""
    stack = found.details.get("stack")
    return stack in unread and (stack in broken or found.code != "UNKNOWN_STACK")


def _sample_answers(template: DeploymentTemplate) -> Answers:
    """All environments of the template on."""
    return replace(SAMPLE, environments_enabled={name.value: True for name in template.environments})


def _unreadable(error: InvalidInput, place: str) -> Iterator[Finding]:
    """What an error of reading, rendering or parsing says, as findings with their places."""
    context = error.context
    if "problem" in context:
        where = f":{context['line']}:{context['column']}" if context.get("line") else ""
        yield finding("SYNTAX_ERROR", place + where, str(context["problem"]))
    elif "problems" in context:
        for problem in context["problems"]:
            field, _, reason = str(problem).partition(": ")
            message = f"{field!r} is not valid: {reason}"
            yield finding("INVALID_TEMPLATE_FIELD", f"{place}:{field}", message, field=field)
    elif "field" in context:
        yield finding("INVALID_TEMPLATE_VARIABLE", f"{place}:{context['field']}", error.message)
    else:
        yield finding("INVALID_TEMPLATE_FIELD", f"{place}:name", error.message, field="name")


def _verdict(kind: TemplateKind, file: TemplateFile, found: Iterable[Finding], strict: bool) -> TemplateVerdict:
    errors, warnings = split(found, strict)
    return TemplateVerdict(kind, file, errors, warnings)
