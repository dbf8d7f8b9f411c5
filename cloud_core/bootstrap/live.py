"""The table of connections and the way to a gateway that holds the sockets, for the settings at hand."""

from __future__ import annotations

from cloud_core.adapters.aws.management_api import ManagementApi, management_client
from cloud_core.adapters.dynamodb.connections import DynamoConnections
from cloud_core.adapters.dynamodb.table import PATIENCE_SECONDS, Table
from cloud_core.bootstrap.shared import Services
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.tables import CONNECTIONS
from cloud_core.ports.connections import Connections, Postbox
from cloud_core.ports.publishing import Publisher


def remote_connections(services: Services) -> Connections:
    name = services.settings.aws.table_prefix + CONNECTIONS.name
    return DynamoConnections(Table(services.records_client, name, services.clock, PATIENCE_SECONDS), services.clock)


def remote_publisher(services: Services) -> Publisher | None:
    """To the subscribers of AppSync; None when no API is set."""
    url, aws = services.settings.graphql.appsync_url, services.settings.aws
    if url is None:
        return None
    # Lazy for start-up time: the Lambda functions, which have no GraphQL, import this module.
    from cloud_core.adapters.aws.appsync import AppSyncPublisher

    return AppSyncPublisher(url, aws.records_region, aws.credentials_profile)


def remote_postbox(services: Services) -> Postbox:
    """Raises InvalidInput when no gateway is set."""
    live, aws = services.settings.realtime, services.settings.aws
    if live.endpoint is None:
        raise InvalidInput(
            "the gateway's address is not set", field="realtime.endpoint", suggestion="set CLOUD_REALTIME__ENDPOINT"
        )
    key = live.connections_key.get_secret_value() if live.connections_key else None
    return ManagementApi(management_client(live.endpoint, aws.records_region, aws.credentials_profile, key))
