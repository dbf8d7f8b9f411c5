"""The stacks of an environment, drawn."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import Query, Response

from api.dependencies import DeploymentId, OneEnvironment, Services, guarded
from api.routes import endpoints
from cloud_core.answers.stacks import Graph
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.pictures import graph_svg, mermaid

router: Final = endpoints("/deployments/{deployment_id}/graph", "deployments")
_MERMAID: Final = "text/vnd.mermaid"
_SVG: Final = "image/svg+xml"
_TEXT: Final = {"type": "string"}


@router.get(
    "",
    response_model=Graph,
    **guarded(Permission.READ, "RESOURCE_NOT_FOUND", media={_MERMAID: _TEXT, _SVG: _TEXT}),
)
def get_graph(
    deployment_id: DeploymentId,
    services: Services,
    environment: OneEnvironment,
    format: Annotated[Literal["json", "mermaid", "svg"], Query(description="How it is drawn.")] = "json",
    status: Annotated[bool, Query(description="Show how the stacks stand.")] = True,
) -> dict[str, Any] | Response:
    """The stacks, with what each waits for and how it stands."""
    picture = services.stack_graphs.of(deployment_id, environment, status)
    if format == "mermaid":
        return Response(mermaid(picture.graph, picture.nodes), media_type=_MERMAID)
    if format == "svg":
        return Response(graph_svg(picture.graph, picture.title, picture.nodes), media_type=_SVG)
    return picture.to_data()
