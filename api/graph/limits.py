"""How much a document may ask for: its depth, its cost, its length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ariadne.validation import cost_validator
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
)

_SCHEMA_FIELDS: Final = frozenset({"__schema", "__type"})


class Limits:
    def __init__(self, settings: GraphQLSettings, schema: GraphQLSchema) -> None:
        self._settings = settings
        self._lists = _lists_of(schema)

    def parse(self, _context: Any, data: Mapping[str, Any]) -> DocumentNode:
        """Only the operation that is asked for, and its fragments: its cost can't be told from variables of others.

        Raises GraphQLError for a document that is malformed or too long.
        """
        document = parse(data["query"], max_tokens=self._settings.max_tokens)
        return separate_operations(document).get(str(data.get("operationName")), document)

    def rules(self, _context: Any, _document: DocumentNode, data: Mapping[str, Any]) -> list[type[ASTValidationRule]]:
        variables = data.get("variables")
        cost = cost_validator(
            maximum_cost=self._settings.max_cost,
            default_cost=1,
            variables=variables if isinstance(variables, dict) else {},
            cost_map=self._lists,
        )
        return [depth_rule(self._settings.max_depth), cost]


def _lists_of(schema: GraphQLSchema) -> dict[str, dict[str, Any]]:
    """Each list costs as much as it may have items."""
    query = schema.query_type
    fields = query.fields if query else {}
    listing = {"complexity": 1, "multipliers": ["limit"]}
    return {"Query": {name: listing for name, field in fields.items() if "limit" in field.args}}


def depth_rule(largest: int) -> type[ASTValidationRule]:
    """Refuses documents that are deeper. Questions about the schema are deep by nature, and bounded by their cost."""

    class DepthRule(ValidationRule):
        context: ValidationContext

        def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
            depth = self._depth(node.selection_set, frozenset())
            if depth > largest:
                self.report_error(
                    GraphQLError(f"the document is {depth} levels deep: at most {largest} are taken", node)
                )

        def _depth(self, selections: SelectionSetNode | None, seen: frozenset[str]) -> int:
            return max((self._of(one, seen) for one in selections.selections), default=0) if selections else 0

        def _of(self, node: Any, seen: frozenset[str]) -> int:
            if isinstance(node, FieldNode):
                return 0 if node.name.value in _SCHEMA_FIELDS else 1 + self._depth(node.selection_set, seen)
            if not isinstance(node, FragmentSpreadNode):
                return self._depth(node.selection_set, seen)
            name = node.name.value
            fragment = None if name in seen else self.context.get_fragment(name)
            return self._depth(fragment.selection_set, seen | {name}) if fragment else 0

    return DepthRule
