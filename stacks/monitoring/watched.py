"""What is watched of each stack that is on. Stacks keep the alarms on their own services; these are the ones beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pulumi

from stacks.alarms import Metric, Watch
from stacks.monitoring.contract import Inputs

_DAY: Final = 86400
_CERTIFICATE_DAYS: Final = 30
_INSIGHTS: Final = "ContainerInsights"


@dataclass(frozen=True)
class Graph:
    """A picture on the dashboard, with a line at the threshold."""

    title: str
    metrics: list[Metric]
    threshold: float | None = None


@dataclass(frozen=True)
class Watched:
    """A stack's part."""

    stack: str
    watches: list[Watch] = field(default_factory=list)
    graphs: list[Graph] = field(default_factory=list)


def watched_stacks(inputs: Inputs) -> list[Watched]:
    """A stack that is off gives null; one that is not in `watchStacks`, where that is given, is left alone."""
    found = (make(inputs, name) for make, name in _wanted(inputs))
    return [one for one in found if inputs.watch_stacks is None or one.stack in inputs.watch_stacks]


def _wanted(inputs: Inputs) -> Iterator[tuple[Callable[[Inputs, pulumi.Input[str]], Watched], pulumi.Input[str]]]:
    for field_name, make in _MAKERS.items():
        given = getattr(inputs, field_name)
        if given is not None:
            yield make, given


def _certificate(inputs: Inputs, arn: pulumi.Input[str]) -> Watched:
    left = Metric("AWS/CertificateManager", "DaysToExpiry", "Minimum", {"CertificateArn": arn}, _DAY)
    text = "The certificate expires soon: its validation records are gone, or it is not renewed"
    return Watched("dns", [Watch("certificate-expiry", text, left, _CERTIFICATE_DAYS, below=True, periods=1)])


def _backups(inputs: Inputs, vault: pulumi.Input[str]) -> Watched:
    failed = Metric("AWS/Backup", "NumberOfBackupJobsFailed", "Sum", {"BackupVaultName": vault}, _DAY)
    return Watched("storage", [Watch("backup-failed", "A backup failed", failed, 0, periods=1)])


def _load_balancer(inputs: Inputs, suffix: pulumi.Input[str]) -> Watched:
    def measured(name: str, statistic: str = "Sum") -> Metric:
        return Metric("AWS/ApplicationELB", name, statistic, {"LoadBalancer": suffix})

    errors, calls = measured("HTTPCode_Target_5XX_Count"), measured("RequestCount")
    limit = inputs.error_rate_threshold
    text = f"More than {limit} % of the calls to the public site end with an error"
    seconds = inputs.response_time_threshold / 1000
    graphs = [
        Graph("Public site: calls and errors", [calls, errors]),
        Graph("Public site: response time, s", [measured("TargetResponseTime", "p95")], seconds),
    ]
    return Watched("containers-apps", [Watch("apps-error-rate", text, errors, limit, whole=calls)], graphs)


def _cluster(stack: str, title: str) -> Callable[[Inputs, pulumi.Input[str]], Watched]:
    """A Fargate cluster, by Container Insights: memory of the whole, which no service tells of."""

    def make(inputs: Inputs, name: pulumi.Input[str]) -> Watched:
        used, reserved = (
            Metric(f"ECS/{_INSIGHTS}", metric, "Average", {"ClusterName": name})
            for metric in ("MemoryUtilized", "MemoryReserved")
        )
        tasks = Metric(f"ECS/{_INSIGHTS}", "RunningTaskCount", "Average", {"ClusterName": name})
        limit = inputs.memory_threshold
        text = f"The cluster of {stack} uses more than {limit} % of the memory that its tasks reserve"
        graphs = [Graph(f"{title}: memory, MB", [used, reserved]), Graph(f"{title}: tasks", [tasks])]
        return Watched(stack, [Watch(f"{stack}-memory", text, used, limit, whole=reserved, periods=3)], graphs)

    return make


def _database(inputs: Inputs, instance: pulumi.Input[str]) -> Watched:
    def measured(name: str) -> Metric:
        return Metric("AWS/RDS", name, "Average", {"DBInstanceIdentifier": instance})

    connections = inputs.database_connections_threshold
    return Watched(
        "database-rds",
        graphs=[
            Graph("Database: CPU, %", [measured("CPUUtilization")], inputs.cpu_threshold),
            Graph("Database: connections", [measured("DatabaseConnections")], connections),
        ],
    )


def _kubernetes(inputs: Inputs, name: pulumi.Input[str]) -> Watched:
    def measured(metric: str, statistic: str = "Average") -> Metric:
        return Metric(_INSIGHTS, metric, statistic, {"ClusterName": name})

    cpu, memory = measured("node_cpu_utilization"), measured("node_memory_utilization")
    failed = measured("cluster_failed_node_count", "Maximum")
    watches = [
        Watch("kubernetes-failed-nodes", "Nodes of the Kubernetes cluster failed", failed, 0),
        Watch("kubernetes-cpu", "The Kubernetes nodes are short of CPU", cpu, inputs.cpu_threshold, periods=3),
        Watch(
            "kubernetes-memory", "The Kubernetes nodes are short of memory", memory, inputs.memory_threshold, periods=3
        ),
    ]
    return Watched("services-eks", watches, [Graph("Kubernetes nodes: CPU and memory, %", [cpu, memory])])


def _http_api(inputs: Inputs, api: pulumi.Input[str]) -> Watched:
    def measured(name: str, statistic: str) -> Metric:
        return Metric("AWS/ApiGateway", name, statistic, {"ApiId": api})

    calls = [measured("Count", "Sum"), measured("5xx", "Sum")]
    slowness = Graph("API: latency, ms", [measured("Latency", "p95")], inputs.response_time_threshold)
    return Watched("services-api", graphs=[Graph("API: calls and errors", calls), slowness])


def _function(what: str) -> Callable[[Inputs, pulumi.Input[str]], Watched]:
    def make(inputs: Inputs, name: pulumi.Input[str]) -> Watched:
        def measured(metric: str) -> Metric:
            return Metric("AWS/Lambda", metric, "Sum", {"FunctionName": name})

        text = f"Calls of {what} were turned away: too many at a time"
        graph = Graph(f"{what}: calls and errors", [measured("Invocations"), measured("Errors")])
        return Watched("compute-lambda", [Watch(f"{what}-throttled", text, measured("Throttles"), 0)], [graph])

    return make


_MAKERS: Final[dict[str, Callable[[Inputs, pulumi.Input[str]], Watched]]] = {
    "certificate_arn": _certificate,
    "backup_vault_name": _backups,
    "apps_load_balancer": _load_balancer,
    "apps_cluster_name": _cluster("containers-apps", "Public site"),
    "database_instance_id": _database,
    "services_cluster_name": _cluster("services-ecs", "Services"),
    "kubernetes_cluster_name": _kubernetes,
    "http_api_id": _http_api,
    "api_processor_name": _function("api-processor"),
    "data_processor_name": _function("data-processor"),
    "scheduler_name": _function("scheduler"),
}
