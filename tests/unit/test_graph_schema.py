"""The schema files: names, rights, operations, and that our folder hides no library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.graph.errors import ERROR_TYPES
from api.graph.server import executable_schema
from cli.exit_codes import EXIT_CODES
from cloud_core.domain.access.permissions import MATRIX, Permission
from cloud_core.domain.access.users import Group
from cloud_core.resources import data_dir
from graphql import GraphQLSchema, OperationDefinitionNode, parse, validate

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = sorted((ROOT / "graphql" / "operations").glob("*.graphql"))
QUERIES = {
    *("getDeployment", "listDeployments", "listDeploymentsByStatus", "getDeploymentOutputs", "getDeploymentProgress"),
    *("getStack", "listStacks", "listStacksByName", "listStacksByStatus", "listLogs", "listLogsByLevel", "getMetrics"),
}
MUTATIONS = {
    *("createDeployment", "updateDeployment", "deleteDeployment", "updateDeploymentStatus", "updateManifest"),
    *("createStack", "updateStack", "deleteStack", "updateStackStatus", "createLog", "createLogs", "createMetric"),
}
PUBLISHING = {"publishDeployment", "publishStack", "publishLog"}
"""Of services alone: they have AppSync tell its subscribers of a record."""
SUBSCRIPTIONS = {"onDeploymentUpdated", "onStackUpdated", "onLogCreated"}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return executable_schema()


def roots(schema: GraphQLSchema) -> dict[str, Any]:
    types = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return {one.name: one.fields for one in types if one}


def groups_of(field: Any) -> set[str]:
    """Those that the file lets ask."""
    for directive in field.ast_node.directives:
        if directive.name.value == "aws_cognito_user_pools":
            return {value.value for value in directive.arguments[0].value.values}
    return set()


def test_what_can_be_asked(schema: GraphQLSchema) -> None:
    assert {name: set(fields) for name, fields in roots(schema).items()} == {
        "Query": QUERIES,
        "Mutation": MUTATIONS | PUBLISHING,
        "Subscription": SUBSCRIPTIONS,
    }


def permission_of(root: str, field: str) -> Permission:
    """What the same takes over REST; deleting a record takes what destroying takes."""
    if root != "Mutation":
        return Permission.READ
    return Permission.DESTROY if field.startswith("delete") else Permission.WRITE


@pytest.mark.parametrize("root", ["Query", "Mutation", "Subscription"])
def test_the_files_give_the_groups_the_rights_that_rest_gives_them(schema: GraphQLSchema, root: str) -> None:
    for name, field in roots(schema)[root].items():
        wanted = permission_of(root, name)
        allowed = {group.value for group in Group if wanted in MATRIX[group] and name not in PUBLISHING}
        assert groups_of(field) == allowed, name


def test_services_may_ask_for_everything_too(schema: GraphQLSchema) -> None:
    for fields in roots(schema).values():
        for name, field in fields.items():
            assert "aws_iam" in {one.name.value for one in field.ast_node.directives}, name


def test_subscriptions_fire_on_mutations_that_give_what_they_give(schema: GraphQLSchema) -> None:
    for field in roots(schema)["Subscription"].values():
        fired = next(one for one in field.ast_node.directives if one.name.value == "aws_subscribe")
        for value in fired.arguments[0].value.values:
            assert str(roots(schema)["Mutation"][value.value].type).rstrip("!") == str(field.type)


@pytest.mark.parametrize("file", OPERATIONS, ids=lambda file: file.stem)
def test_the_operations_are_valid(schema: GraphQLSchema, file: Path) -> None:
    assert validate(schema, parse(file.read_text("utf-8"))) == []


def test_there_is_an_operation_for_everything() -> None:
    parsed = [parse(file.read_text("utf-8")) for file in OPERATIONS]
    found = [one for document in parsed for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    names = [str(one.name.value) for one in found if one.name]
    wanted = {name[0].upper() + name[1:] for name in QUERIES | MUTATIONS | PUBLISHING | SUBSCRIPTIONS}
    assert (len(names), set(names)) == (len(wanted), wanted)


def test_the_files_for_appsync_define_nothing_that_it_has_itself() -> None:
    texts = [file.read_text("utf-8") for file in (data_dir("graphql") / "schema").glob("*.graphql")]
    assert not [text for text in texts if "scalar " in text or "directive @" in text or '"""' in text]


def test_appsync_does_not_tell_what_the_store_says() -> None:
    """It names roles, accounts and tables."""
    templates = sorted((data_dir("graphql") / "appsync").rglob("*.vtl"))
    assert templates
    assert not [file.name for file in templates if "$ctx.error.message" in file.read_text("utf-8")]


def test_every_error_has_a_type_here_and_an_exit_code_there() -> None:
    assert set(ERROR_TYPES) == set(EXIT_CODES)


def test_our_folder_does_not_hide_the_library() -> None:
    """A folder without Python is a namespace package, which comes behind every real one."""
    code = "import graphql, json; print(json.dumps([graphql.__file__, graphql.version]))"
    for path in ("", str(ROOT)):
        told = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r}); {code}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        file, version = json.loads(told.stdout)
        assert "site-packages" in file
        assert version.startswith("3.3")
