"""How much a document may ask for: its depth, its cost, its length."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from ariadne.validation import cost_validator
from ariadne.validation.query_cost import CostValidator
from graphql.validation import ASTValidationRule, ValidationContext, ValidationRule

from cloud_core.settings.graph import GraphQLSettings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    separate_operations,
    validate,
    value_from_ast_untyped,
)

_SCHEMA_FIELDS: Final = frozenset({"__schema", "__type"})
_WHOLE: Final = ("getMetrics", "getDeploymentOutputs", "getDeploymentProgress")
"""Fields that read all there is: they have no limit that would tell their cost."""
_WHOLE_COST: Final = 100


class Limits:
    def __init__(self, settings: GraphQLSettings, schema: GraphQLSchema) -> None:
        self._settings = settings
        self._costs = _costs_of(schema)

    def parse(self, _context: Any, data: Mapping[str, Any]) -> DocumentNode:
        """Only the operation that is asked for, and its fragments: its cost can't be told from variables of others.

        Raises GraphQLError for a document that is malformed, too long or too deep to be read.
        """
        try:
            document = parse(data["query"], max_tokens=self._settings.max_tokens)
        except RecursionError:
            raise GraphQLError("the document is nested too deeply to be read") from None
        name = data.get("operationName")
        return separate_operations(document).get(name, document) if isinstance(name, str) and name else document

    def rules(self, _context: Any, document: DocumentNode, data: Mapping[str, Any]) -> list[type[ASTValidationRule]]:
        cost = cost_validator(
            maximum_cost=self._settings.max_cost,
            default_cost=1,
            variables=_variables(document, data.get("variables")),
            cost_map=self._costs,
        )
        return [depth_rule(self._settings.max_depth), cost]


def validated(
    schema: GraphQLSchema,
    document_ast: DocumentNode,
    rules: Collection[type[ASTValidationRule]] | None = None,
    max_errors: int | None = None,
    type_info: Any = None,
) -> list[GraphQLError]:
    """The cost comes last: a document whose fragments go round in a circle has none."""
    costs = [rule for rule in rules or () if issubclass(rule, CostValidator)]
    others = [rule for rule in rules or () if rule not in costs]
    return validate(schema, document_ast, others, max_errors) or validate(schema, document_ast, costs, max_errors)


def _variables(document: DocumentNode, given: Any) -> dict[str, Any]:
    """What will hold: a variable that is left out has its operation's default, which costs as if it were given."""
    defined = [
        variable
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for variable in operation.variable_definitions or ()
    ]
    usual = {one.variable.name.value: value_from_ast_untyped(one.default_value) for one in defined if one.default_value}
    return usual | (given if isinstance(given, dict) else {})


def _costs_of(schema: GraphQLSchema) -> dict[str, dict[str, Any]]:
    """Each list costs as much as it may have items."""
    query = schema.query_type
    fields = query.fields if query else {}
    listing = {"complexity": 1, "multipliers": ["limit"]}
    lists = {name: listing for name, field in fields.items() if "limit" in field.args}
    return {"Query": lists | {name: {"complexity": _WHOLE_COST} for name in _WHOLE}}


def depth_rule(largest: int) -> type[ASTValidationRule]:
    """Refuses documents that are deeper. Questions about the schema are deep by nature, and bounded by their cost."""

    class DepthRule(ValidationRule):
        context: ValidationContext

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            # Each fragment is measured once: fragments that name others twice would double the work with each level.
            self._measured: dict[str, int] = {}

        def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
            depth = self._depth(node.selection_set)
            if depth > largest:
                self.report_error(
                    GraphQLError(f"the document is {depth} levels deep: at most {largest} are taken", node)
                )

        def _depth(self, selections: SelectionSetNode | None) -> int:
            return max((self._of(one) for one in selections.selections), default=0) if selections else 0

        def _of(self, node: Any) -> int:
            if isinstance(node, FieldNode):
                return 0 if node.name.value in _SCHEMA_FIELDS else 1 + self._depth(node.selection_set)
            if not isinstance(node, FragmentSpreadNode):
                return self._depth(node.selection_set)
            name = node.name.value
            if name not in self._measured:
                self._measured[name] = 0  # what comes back to itself adds nothing
                fragment = self.context.get_fragment(name)
                self._measured[name] = self._depth(fragment.selection_set) if fragment else 0
            return self._measured[name]

    return DepthRule
