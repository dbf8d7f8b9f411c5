"""`make demo`: the main job on the sandbox, step by step, with the real command line.

Runs in `demo/` of the clone: starts the sandbox, makes a deployment from the `demo` template, validates and deploys
it, then looks at what is there with plain boto3, with Prefect's own API and with the REST API. The sandbox stays up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import httpx

ROOT = Path(__file__).resolve().parent.parent
WORKSPACE = ROOT / "demo"
CLOUD = ROOT / ".venv" / "bin" / "cloud"
# A token is handed to curl on its stdin: everybody on the machine can see the arguments of a program.
CURL = "printf 'Authorization: Bearer %s' \"$(cloud login --print)\" | curl -sS --fail -H @- {url}"
ACCOUNT, REGION = "410000000017", "us-east-1"
INIT = (
    *("init", "--org", "CompanyA", "--project", "ecommerce", "--domain", "shop.example", "--template", "demo"),
    *("--region", REGION, "--account-dev", ACCOUNT),
)


def main() -> int:
    """Run every step; the first that fails ends the demo with its exit code."""
    (WORKSPACE / "deploy").mkdir(parents=True, exist_ok=True)
    run("Starting the sandbox (usually 30-60 s)", "sandbox", "start")
    deployment_id = ask(*INIT)["deployment_id"]
    step(f"Deployment {deployment_id} was made from the template 'demo'")
    run("Validating it", "validate", deployment_id, "--level", "config")
    run("Deploying four stacks (usually 30-60 s)", "deploy", deployment_id, "--auto-approve")
    run("Its outputs", "outputs", deployment_id)
    sandbox = ask("sandbox", "status")
    look_at_aws(sandbox["aws_endpoint"], deployment_id)
    look_at_prefect(sandbox["prefect_api"], deployment_id)
    look_by_the_api(sandbox["api_url"], deployment_id)
    say_what_is_next(deployment_id, sandbox)
    return 0


def step(title: str) -> None:
    print(f"\n==> {title}", flush=True)


def cloud(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(CLOUD), *arguments], cwd=WORKSPACE, env=environment(), text=True, check=False, **options)


def environment() -> dict[str, str]:
    """The demo's workspace, and `cloud` itself on the PATH."""
    path = os.pathsep.join([str(CLOUD.parent), os.environ["PATH"]])
    return {**os.environ, "CLOUD_WORKSPACE": str(WORKSPACE), "PATH": path}


def run(title: str, *arguments: str) -> None:
    """A command as a person would run it; its output is the demo's."""
    step(title)
    print(f"    $ cloud {' '.join(arguments)}", flush=True)
    done = cloud(*arguments)
    if done.returncode:
        sys.exit(done.returncode)


def ask(*arguments: str) -> dict[str, Any]:
    """A command's data."""
    done = cloud(*arguments, "--json", stdout=subprocess.PIPE)
    answer = json.loads(done.stdout)
    if not answer["success"]:
        sys.exit(f"cloud {' '.join(arguments)}: {answer['error']['message']}")
    return dict(answer["data"])


def look_at_aws(endpoint: str, deployment_id: str) -> None:
    """The VPC and the secrets, asked of AWS itself, in the account of the environment."""
    step("The same, seen by plain boto3 in the environment's account")
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    sts = boto3.client("sts", region_name=REGION, endpoint_url=endpoint, **keys)
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/demo", RoleSessionName="demo")["Credentials"]
    session = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"], REGION)
    mine = [{"Name": "tag:DeploymentId", "Values": [deployment_id]}]
    for vpc in session.client("ec2", endpoint_url=endpoint).describe_vpcs(Filters=mine)["Vpcs"]:
        print(f"    VPC     {vpc['VpcId']}  {vpc['CidrBlock']}")
    for secret in session.client("secretsmanager", endpoint_url=endpoint).list_secrets()["SecretList"]:
        print(f"    secret  {secret['Name']}")


def look_at_prefect(api: str, deployment_id: str) -> None:
    """The flow run's task runs and edges, as Prefect's API tells them."""
    step("The same, seen by Prefect: one task run a stack, with its edges")
    runs = ask_prefect("POST", f"{api}/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 20})
    flow_run = next(run for run in runs if deployment_id in run["tags"])
    graph = ask_prefect("GET", f"{api}/flow_runs/{flow_run['id']}/graph-v2")
    nodes = dict(graph["nodes"])
    print(f"    {flow_run['name']}: {flow_run['state_name']}")
    for node in nodes.values():
        after = sorted({nodes[parent["id"]]["label"] for parent in node["parents"] if parent["id"] in nodes})
        print(f"    {node['label']:<14} {node['state_type']:<10} after {', '.join(after) or 'nobody'}")


def look_by_the_api(api_url: str, deployment_id: str) -> None:
    """A line to copy, which is run as it stands."""
    step("The same by the REST API, as the sandbox's user 'admin'")
    line = CURL.format(url=f"'{api_url}/deployments/{deployment_id}/status?environment=dev'")
    print(f"    $ {line}", flush=True)
    done = subprocess.run(["sh", "-c", line], cwd=WORKSPACE, env=environment(), text=True, stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"curl ended with exit code {done.returncode}")
    status = json.loads(done.stdout)
    print(f"    {deployment_id} in {status['environment']}: {status['status']}")
    for name, stack in status["stacks"].items():
        print(f"    {name:<10} {stack['status']}")


def ask_prefect(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON of the answer; asked again while Prefect's SQLite is busy, which it tells by 503."""
    for _ in range(30):
        answer = httpx.request(method, url, json=body)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(0.3)
    return answer.raise_for_status().json()


def say_what_is_next(deployment_id: str, sandbox: dict[str, Any]) -> None:
    step("The sandbox stays up")
    print(f"""
    Prefect's pages     {sandbox["prefect_ui"]}
    the API's pages     {sandbox["api_url"].removesuffix("/api/v1")}/docs
    the dashboard       {sandbox["api_url"].removesuffix("/api/v1")}/monitor.html
    a token for it      cd demo && ../.venv/bin/cloud login --print
    look again          cd demo && ../.venv/bin/cloud status {deployment_id}
    destroy             cd demo && ../.venv/bin/cloud destroy {deployment_id}
    stop the sandbox    make demo-stop
""")


if __name__ == "__main__":
    sys.exit(main())
