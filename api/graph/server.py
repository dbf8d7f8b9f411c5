"""GraphQL at `/graphql`: the schema files, served by Ariadne."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from ariadne import load_schema_from_path, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLHTTPHandler
from ariadne.explorer import ExplorerHttp405
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.dependencies import Caller
from api.errors import Refusal
from api.graph.asking import Asked
from api.graph.directives import DIRECTIVES
from api.graph.errors import Told, format_error, format_without_hints
from api.graph.limits import Limits, validated
from api.graph.places import Places
from api.graph.scalars import BOUND
from api.graph.signals import HeardEvents, Signals
from api.graph.sockets import Sockets
from api.json_bodies import read_json
from api.resolvers import BINDABLES
from cloud_core.ports.access import Tokens
from cloud_core.ports.clock import Clock
from cloud_core.resources import data_dir
from cloud_core.settings.realtime import RealtimeSettings
from cloud_core.settings.tree import Profile, Settings
from graphql import GraphQLSchema
from realtime.relay import Relay

PATH: Final = "/graphql"
_JSON: Final = "application/json"


class JsonOnly(GraphQLHTTPHandler):
    """Forms are refused: browsers send them for any page, with whatever they have kept."""

    async def extract_data_from_request(self, request: Request) -> Any:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            raise Refusal("MALFORMED_JSON", f"a request to GraphQL is {_JSON}", "send it with that content type")
        try:
            return read_json(await request.body())
        except (ValueError, RecursionError):
            raise Refusal("MALFORMED_JSON", "the body is no JSON that can be read", "send one JSON document") from None

    async def create_json_response(self, request: Request, result: Any, success: bool) -> Response:
        """A document that was carried out is answered with 200, whatever came of it; only a refused one is not."""
        return await super().create_json_response(request, result, success or "data" in result)


def graphql_app(settings: Settings, tokens: Tokens, clock: Clock, signals: Signals) -> GraphQL:
    """An ASGI application, for HTTP and sockets. Documents come one by one: a list of them is refused."""
    limited = settings.graphql
    schema = executable_schema()
    limits = Limits(limited, schema)
    shown = settings.profile is Profile.SANDBOX if limited.introspection is None else limited.introspection

    def context(connection: HTTPConnection, _data: Any) -> dict[str, Any]:
        state = connection.state
        return {"asked": Asked(Caller(state.user, state.rights), state.services), "signals": signals}

    return GraphQL(
        schema,
        context_value=context,
        query_parser=limits.parse,
        query_validator=validated,
        validation_rules=limits.rules,
        introspection=shown,
        explorer=ExplorerHttp405(),
        logger=Told(),
        error_formatter=format_error if shown else format_without_hints,
        http_handler=JsonOnly(),
        websocket_handler=Sockets(tokens, clock, limits, limited.max_subscriptions, _places(settings.realtime)),
    )


def _places(settings: RealtimeSettings) -> Places:
    return Places(settings.sockets, settings.sockets_of)


def graph_routes(settings: Settings, tokens: Tokens, clock: Clock, relay: Relay) -> list[BaseRoute]:
    graph = graphql_app(settings, tokens, clock, HeardEvents(relay, settings.graphql.poll_seconds))
    return [Route(PATH, graph, methods=["POST"]), WebSocketRoute(PATH, graph)]


@lru_cache(maxsize=1)
def executable_schema() -> GraphQLSchema:
    """The files that AppSync takes, what AppSync has built in, and our resolvers."""
    folder = data_dir("graphql")
    texts = [load_schema_from_path(str(folder / part)) for part in ("local", "schema")]
    return make_executable_schema(texts, *BOUND, *BINDABLES, directives=DIRECTIVES)
