"""The AppSync API: the schema that our own server serves too, and the resolvers beside it, over the records' tables.

Each table is a data source with a role of its own. What it may do is read in the templates: the operations of its
functions, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from cloud_core.domain.control_plane import ControlPlane
from cloud_core.domain.tables import DEPLOYMENTS, LOGS
from cloud_core.resources import data_dir
from stacks.context import StackContext
from stacks.control_plane.functions import LOG_DAYS
from stacks.control_plane.tables import RecordTables
from stacks.control_plane.users import Users
from stacks.iam_documents import Statement, allow, document, trust
from stacks.log_groups import make_log_group, may_write
from stacks.naming import HTTP_API, ROLE

DEPTH: Final = 8
_RESOLVERS: Final = 200
_SERVICE: Final = "appsync.amazonaws.com"
_VERSION: Final = "2018-05-29"
_OPERATION: Final = re.compile(r'"operation"\s*:\s*"(\w+)"')
_INDEXED: Final = re.compile(r'"index"\s*:')
_ACTIONS: Final = {"BatchPutItem": "BatchWriteItem"}
"""What the operations of templates are called among DynamoDB's actions, where that differs."""
_VARIABLES: Final = {"$ctx.env.LOGS_TABLE": LOGS.name, "$ctx.env.DEPLOYMENTS_TABLE": DEPLOYMENTS.name}
"""Filled in here: Pulumi's type of the API knows no environment variables."""


@dataclass(frozen=True)
class Templates:
    """The folder `graphql/`: what is uploaded, and `resolvers.json`, which says where each template belongs."""

    folder: Path
    wiring: Mapping[str, Any]
    tables: Mapping[str, pulumi.Input[str]]

    @classmethod
    def shipped(cls, tables: Mapping[str, pulumi.Input[str]]) -> Templates:
        folder = data_dir("graphql")
        wiring = json.loads((folder / "appsync" / "resolvers.json").read_text("utf-8"))
        return cls(folder, wiring, tables)

    @property
    def schema(self) -> str:
        files = sorted((self.folder / "schema").glob("*.graphql"))
        return "\n".join(file.read_text("utf-8") for file in files)

    def text(self, name: str) -> str:
        return (self.folder / "appsync" / name).read_text("utf-8")

    def filled(self, name: str) -> pulumi.Input[str]:
        text: pulumi.Input[str] = self.text(name)
        for variable, table in _VARIABLES.items():
            if variable in self.text(name):
                text = pulumi.Output.all(text, self.tables[table]).apply(partial(_replace, variable))
        return text

    def actions(self, source: str) -> tuple[list[str], bool]:
        """The actions that the functions of a data source need, and whether on indexes, too."""
        mine = [name for name, of in self.wiring["functions"].items() if of == source]
        texts = [self.text(f"functions/{name}.request.vtl") for name in mine]
        operations = {found for text in texts for found in _OPERATION.findall(text)}
        actions = sorted(f"dynamodb:{_ACTIONS.get(one, one)}" for one in operations)
        return actions, any(_INDEXED.search(text) for text in texts)


def _replace(variable: str, parts: Sequence[str]) -> str:
    text, value = parts
    return text.replace(variable, value)


@dataclass(frozen=True)
class Graph:
    api: aws.appsync.GraphQLApi
    url: pulumi.Output[str]


def make_graph(plane: ControlPlane, context: StackContext, tables: RecordTables, users: Users) -> Graph:
    """Users come with a token of the pool; services sign their requests."""
    templates = Templates.shipped({name: tables.made[name].name for name in _VARIABLES.values()})
    writer = _role("graph-log-writer", context, [])
    api = aws.appsync.GraphQLApi(
        "graph",
        name=context.name(HTTP_API, "graph"),
        authentication_type="AMAZON_COGNITO_USER_POOLS",
        user_pool_config={"user_pool_id": users.pool.id, "default_action": "ALLOW", "aws_region": plane.region},
        additional_authentication_providers=[{"authentication_type": "AWS_IAM"}],
        schema=templates.schema,
        log_config={
            "cloudwatch_logs_role_arn": writer.arn,
            "field_log_level": "ERROR",
            "exclude_verbose_content": True,
        },
        query_depth_limit=DEPTH,
        resolver_count_limit=_RESOLVERS,
        introspection_config="DISABLED",
    )
    _log(api, writer)
    sources = {name: _source(name, table, api, context, tables, templates) for name, table in _sources(templates)}
    functions = {
        name: _function(name, api, sources[source], templates) for name, source in templates.wiring["functions"].items()
    }
    for kind, field, plan in _fields(templates):
        _resolver(kind, field, plan, api, functions, templates)
    return Graph(api, api.uris["GRAPHQL"])


def _sources(templates: Templates) -> list[tuple[str, str]]:
    return list(templates.wiring["dataSources"].items())


def _fields(templates: Templates) -> list[tuple[str, str, Mapping[str, Any]]]:
    found = templates.wiring["resolvers"].items()
    return [(kind, field, plan) for kind, fields in found for field, plan in fields.items()]


def _role(what: str, context: StackContext, statements: list[Statement]) -> aws.iam.Role:
    account = aws.get_caller_identity_output().account_id
    role = aws.iam.Role(what, name=context.name(ROLE, what), assume_role_policy=trust(_SERVICE, account=account))
    if statements:
        aws.iam.RolePolicy(what, role=role.name, policy=document(*statements))
    return role


def _log(api: aws.appsync.GraphQLApi, writer: aws.iam.Role) -> None:
    """AppSync names the group after the API's id; the role of the API may write to it alone."""
    group = make_log_group("graph", pulumi.Output.concat("/aws/appsync/apis/", api.id), retention_days=LOG_DAYS)
    aws.iam.RolePolicy("graph-log-writer", role=writer.name, policy=document(may_write(group)))


def _source(
    name: str,
    table: str,
    api: aws.appsync.GraphQLApi,
    context: StackContext,
    tables: RecordTables,
    templates: Templates,
) -> aws.appsync.DataSource:
    made = tables.made[table]
    actions, indexed = templates.actions(name)
    where = [made.arn, *([pulumi.Output.concat(made.arn, "/index/*")] if indexed else [])]
    role = _role(f"graph-{table}", context, [allow(actions, where, sid="Records")])
    return aws.appsync.DataSource(
        f"graph-{table}",
        api_id=api.id,
        name=name,
        type="AMAZON_DYNAMODB",
        dynamodb_config={"table_name": made.name, "region": context.region},
        service_role_arn=role.arn,
    )


def _function(
    name: str, api: aws.appsync.GraphQLApi, source: aws.appsync.DataSource, templates: Templates
) -> aws.appsync.Function:
    return aws.appsync.Function(
        name,
        api_id=api.id,
        name=name,
        data_source=source.name,
        function_version=_VERSION,
        request_mapping_template=templates.filled(f"functions/{name}.request.vtl"),
        response_mapping_template=templates.filled(f"functions/{name}.response.vtl"),
    )


def _resolver(
    kind: str,
    field: str,
    plan: Mapping[str, Any],
    api: aws.appsync.GraphQLApi,
    functions: Mapping[str, aws.appsync.Function],
    templates: Templates,
) -> None:
    aws.appsync.Resolver(
        f"{kind}-{field}",
        api_id=api.id,
        type=kind,
        field=field,
        kind="PIPELINE",
        pipeline_config={"functions": [functions[one].function_id for one in plan["functions"]]},
        request_template=templates.filled("before.vtl"),
        response_template=templates.filled(f"answers/{plan['answer']}.vtl"),
    )
