"""How an environment stands, and what changes there from now on, over GraphQL.

CLOUD_TOKEN=$(cloud login --print) python docs/examples/follow_graphql.py http://127.0.0.1:8080/graphql D1BRV40 dev
"""

from __future__ import annotations

import asyncio
import os
import sys

from cloud_core.adapters.graph.client import GraphQLClient


async def main(url: str, deployment_id: str, environment: str) -> None:
    client = GraphQLClient(url, lambda: os.environ["CLOUD_TOKEN"])
    place = {"deployment_id": deployment_id, "environment": environment}
    progress = client.ask("GetDeploymentProgress", **place)
    sys.stdout.write(f"{progress['deployed_stacks']} of {progress['total_stacks']} stacks are deployed\n")
    for stack in progress["stacks"]:
        sys.stdout.write(f"  {stack['layer']}  {stack['stack_name']}  {stack['status']}\n")
    async for stack in client.follow("OnStackUpdated", deployment_id=deployment_id):
        sys.stdout.write(f"{stack['updated_at']}  {stack['stack_name']} ({stack['environment']}): {stack['status']}\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
