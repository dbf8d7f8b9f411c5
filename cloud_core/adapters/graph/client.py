"""Asks our GraphQL server, over `gql`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXTransport
from gql.transport.websockets import WebsocketsTransport

from cloud_core.adapters.graph.errors import raise_problem, translate_graph_errors
from cloud_core.adapters.graph.operations import shipped_operations


class GraphQLClient:
    """`url` is the server's own, such as `http://127.0.0.1:8080/graphql`; `token` gives the present one."""

    def __init__(self, url: str, token: Callable[[], str], timeout_seconds: float = 30.0) -> None:
        self._url = url
        self._token = token
        self._timeout = timeout_seconds
        self._operations = shipped_operations()

    def ask(self, name: str, **variables: Any) -> Any:
        """What the query or mutation of that name gives. Raises as `translate_graph_errors`."""
        hooks = {"response": [raise_problem]}
        transport = HTTPXTransport(url=self._url, headers=self._bearer(), timeout=self._timeout, event_hooks=hooks)
        with translate_graph_errors(self._url), Client(transport=transport) as session:
            (value,) = session.execute(self._request(name, variables)).values()
            return value

    async def follow(self, name: str, **variables: Any) -> AsyncIterator[Any]:
        """What the subscription of that name tells, until you end it, or the token does: NotPermitted then. Raises as
        `translate_graph_errors`."""
        address = self._url.replace("http", "ws", 1)
        transport = WebsocketsTransport(url=address, init_payload=self._bearer(), subprotocols=["graphql-transport-ws"])
        with translate_graph_errors(self._url):
            async with Client(transport=transport) as session:
                async for told in session.subscribe(self._request(name, variables)):
                    (value,) = told.values()
                    yield value

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}

    def _request(self, name: str, variables: dict[str, Any]) -> GraphQLRequest:
        return GraphQLRequest(self._operations[name], variable_values=variables)
