"""How long a graph of stacks takes, beside what it must take at least and beside a bare loop over `pulumi up`.

    python benchmarks/dag.py [DAG.json] [--seconds 5] [--parallel 8] [--runs 3]

A DAG file maps each stack to the stacks that it depends on. Every stack holds one resource whose `Create` takes the
given time in the provider, under the real engine. Everything runs through the real command line: a run is timed from
the start of `cloud deploy` to its exit. Each run deploys a fresh deployment. The loop runs the same programs one after
the other with the stock Automation API, on the same sandbox, in the same process as nothing else.

Printed per run: makespan ÷ critical path (1.0 is unreachable), the engine's own time along the critical path apart
from the rest, which is ours and Prefect's, and the cold start of the sandbox apart.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks_support import bare_loop, write_workspace

from cloud_core.domain.graph import StackGraph

HERE = Path(__file__).resolve().parent
CLOUD = HERE.parent / ".venv" / "bin" / "cloud"


@dataclass(frozen=True)
class Measured:
    """Seconds of one deploy: from start to exit, the stacks' engine times, and when the first stack started."""

    deployment_id: str
    makespan: float
    engine: Mapping[str, float]
    first_start: float


def main() -> int:
    arguments = _arguments()
    dag: dict[str, list[str]] = json.loads(arguments.dag.read_text())
    graph = StackGraph.build(dag, dag)
    bound = graph.critical_path(dict.fromkeys(dag, arguments.seconds))
    print(f"{arguments.dag.name}: {len(dag)} stacks, {arguments.seconds} s each, parallel {arguments.parallel}")
    print(f"critical path {bound.seconds:.1f} s: {' → '.join(bound.stacks)}\n")
    with tempfile.TemporaryDirectory(prefix="cloud-bench-") as folder:
        workspace = Path(folder)
        write_workspace(workspace, dag, arguments.seconds)
        environment = {**os.environ, "CLOUD_WORKSPACE": folder}
        began = time.monotonic()
        cloud(environment, "sandbox", "start")
        print(f"cold start of the sandbox      {time.monotonic() - began:6.1f} s")
        try:
            runs = [deploy(environment, arguments.parallel) for _ in range(arguments.runs)]
            report(graph, bound.seconds, runs)
            report_redeploys(environment, runs[-1].deployment_id, graph.order[-1], arguments.seconds)
            loop = bare_loop(environment, graph.order, arguments.seconds)
            print(f"bare loop over pulumi up       {loop:6.1f} s   {loop / bound.seconds:5.2f} × critical path")
        finally:
            cloud(environment, "sandbox", "stop")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("dag", nargs="?", type=Path, default=HERE / "dags" / "synthetic16.json")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each stack's resource takes")
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def cloud(environment: Mapping[str, str], *arguments: str) -> Any:
    """Run a command with `--json`; its data."""
    command = [str(CLOUD), *arguments, *([] if arguments[0] == "sandbox" and arguments[1] != "status" else ["--json"])]
    done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stdout[-2000:]}")
    return json.loads(done.stdout)["data"] if "--json" in command else None


def deploy(environment: Mapping[str, str], parallel: int) -> Measured:
    """Deploy a fresh deployment of the graph and time it."""
    origin = ("--org", "Bench", "--project", "dag", "--domain", "bench.test", "--template", "dag")
    place = ("--region", "us-east-1", "--account-dev", "410000000017")
    deployment_id = cloud(environment, "init", *origin, *place)["deployment_id"]
    began, wall = time.monotonic(), time.time()
    cloud(environment, "deploy", deployment_id, "--auto-approve", "--parallel", str(parallel))
    makespan = time.monotonic() - began
    return _with_engine_times(environment, deployment_id, makespan, wall)


def _with_engine_times(environment: Mapping[str, str], deployment_id: str, makespan: float, wall: float) -> Measured:
    """Add what the event log tells: the engine's time per stack, and when the first one started."""
    from cloud_core.bootstrap import Services
    from cloud_core.domain.clock import parse_timestamp
    from cloud_core.domain.events import EventName
    from cloud_core.settings import Settings

    services = Services(Settings(workspace=Path(environment["CLOUD_WORKSPACE"])))
    events = services.records.events.read(deployment_id, limit=10_000)
    engine = {
        event.stack_name or "": float(event.data["engine_seconds"])
        for event in events
        if event.event is EventName.STACK_DEPLOYED
    }
    starts = [
        parse_timestamp(event.timestamp).timestamp() for event in events if event.event is EventName.STACK_DEPLOYING
    ]
    return Measured(deployment_id, makespan, engine, min(starts) - wall)


def report_redeploys(environment: Mapping[str, str], deployment_id: str, leaf: str, seconds: float) -> None:
    """Seconds from the shell when nothing is to be done, and when one stack without dependents has changed."""

    def timed() -> float:
        began = time.monotonic()
        cloud(environment, "deploy", deployment_id, "--auto-approve")
        return time.monotonic() - began

    no_ops = [timed() for _ in range(3)]
    told = ", ".join(f"{one:.1f}" for one in no_ops)
    print(f"nothing to do                  {statistics.median(no_ops):6.1f} s   (median of {told})")
    cloud(environment, "config-set", deployment_id, "seconds", str(seconds - 0.5), "--stack", leaf)
    print(f"one change of a leaf           {timed():6.1f} s   ({leaf})")


def report(graph: StackGraph, bound: float, runs: Sequence[Measured]) -> None:
    """One line a run, then the median."""
    print("\nrun   makespan   ÷ critical path   engine on its path   ours + Prefect   of it before the first stack")
    for number, run in enumerate(runs, 1):
        engine = graph.critical_path(run.engine).seconds
        print(
            f"{number:3d}   {run.makespan:6.1f} s   {run.makespan / bound:12.2f}   {engine:14.1f} s"
            f"   {run.makespan - engine:12.1f} s   {run.first_start:14.1f} s"
        )
    median = statistics.median(run.makespan for run in runs)
    print(f"\nmedian makespan                {median:6.1f} s   {median / bound:5.2f} × critical path")


if __name__ == "__main__":
    sys.exit(main())
