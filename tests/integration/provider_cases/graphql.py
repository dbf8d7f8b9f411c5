"""AppSync: an API with a schema, and what answers its fields."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws

from sandbox.provider.gaps import WHOLE
from sandbox.provider.services.appsync import DATA_SOURCE, FUNCTION, GRAPHQL_API, RESOLVER
from sandbox.provider.testing import Case, Clients, lacks
from sandbox.provider.testing.cases import REGION

ROLE = "arn:aws:iam::123456789012:role/graph"
SAID = {False: "first", True: "second"}
SCHEMA = "type Query { one: String two: String }\nschema { query: Query }"


def graph(later: bool) -> None:
    api = aws.appsync.GraphQLApi(
        "graph",
        name=f"graph-{SAID[later]}",
        authentication_type="AMAZON_COGNITO_USER_POOLS",
        additional_authentication_providers=[{"authentication_type": "AWS_IAM"}],
        user_pool_config={"user_pool_id": f"pool_{SAID[later]}", "default_action": "ALLOW", "aws_region": REGION},
        log_config={
            "cloudwatch_logs_role_arn": ROLE,
            "field_log_level": "ALL" if later else "ERROR",
            "exclude_verbose_content": True,
        },
        xray_enabled=later,
        visibility="GLOBAL",
        introspection_config="ENABLED" if later else "DISABLED",
        query_depth_limit=9 if later else 8,
        resolver_count_limit=90 if later else 80,
        schema=SCHEMA if later else SCHEMA.replace(" two: String", ""),
        tags={"Team": SAID[later]},
    )
    source = aws.appsync.DataSource(
        "records",
        api_id=api.id,
        name="Records",
        type="AMAZON_DYNAMODB",
        description=SAID[later],
        dynamodb_config={"table_name": SAID[later], "region": REGION},
        service_role_arn=ROLE,
    )
    function = aws.appsync.Function(
        "find",
        api_id=api.id,
        name="find",
        data_source=source.name,
        description=SAID[later],
        function_version="2018-05-29",
        request_mapping_template=f"request {SAID[later]}",
        response_mapping_template=f"response {SAID[later]}",
    )
    aws.appsync.Resolver(
        "one",
        api_id=api.id,
        type="Query",
        field="one",
        kind="PIPELINE",
        pipeline_config={"functions": [function.function_id]},
        request_template=f"before {SAID[later]}",
        response_template=f"after {SAID[later]}",
    )
    aws.appsync.Resolver(
        "two", api_id=api.id, type="Query", field="two", data_source=source.name, request_template=SAID[later]
    )


def left(server: Clients) -> dict[str, Any]:
    return {"apis": server.appsync.list_graphql_apis()["graphqlApis"]}


def _loses(name: str, value: Any) -> Any:
    def probe(server: Clients) -> bool:
        api = server.appsync.create_graphql_api(name="lossy", authenticationType="AWS_IAM", **{name: value})
        found = server.appsync.get_graphql_api(apiId=api["graphqlApi"]["apiId"])["graphqlApi"]
        server.appsync.delete_graphql_api(apiId=found["apiId"])
        return name not in found

    return probe


def _told_nowhere(server: Clients) -> bool:
    api = server.appsync.create_graphql_api(name="lossy", authenticationType="AWS_IAM")["graphqlApi"]
    server.appsync.delete_graphql_api(apiId=api["apiId"])
    return bool(api["uris"]["GRAPHQL"] == "http://graphql.uri")


def _schema_is_made_anew(server: Clients) -> bool:
    api = server.appsync.create_graphql_api(name="lossy", authenticationType="AWS_IAM")["graphqlApi"]
    server.appsync.start_schema_creation(apiId=api["apiId"], definition=SCHEMA.encode())
    told = server.appsync.get_introspection_schema(apiId=api["apiId"], format="SDL")["schema"].read().decode()
    server.appsync.delete_graphql_api(apiId=api["apiId"])
    return bool(told != SCHEMA)


def _probe(operation: str, **asked: Any) -> Any:
    return lambda server: lacks(lambda: getattr(server.appsync, operation)(apiId="a", **asked))


CASE = Case(
    modules=("appsync",),
    program=graph,
    left=left,
    untold=frozenset({"schema", "introspectionConfig", "queryDepthLimit", "resolverCountLimit"}),
    probes={
        (GRAPHQL_API.token, "uris"): _told_nowhere,
        (GRAPHQL_API.token, "introspectionConfig"): _loses("introspectionConfig", "DISABLED"),
        (GRAPHQL_API.token, "queryDepthLimit"): _loses("queryDepthLimit", 8),
        (GRAPHQL_API.token, "resolverCountLimit"): _loses("resolverCountLimit", 80),
        (GRAPHQL_API.token, "schema"): _schema_is_made_anew,
        (DATA_SOURCE.token, WHOLE): _probe("create_data_source", name="a", type="NONE"),
        (FUNCTION.token, WHOLE): _probe("create_function", name="a", dataSourceName="b"),
        (RESOLVER.token, WHOLE): _probe("create_resolver", typeName="Query", fieldName="one"),
    },
)
