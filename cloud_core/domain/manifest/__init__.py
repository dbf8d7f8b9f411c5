"""The deployment manifest: its model, both dialects, inheritance, edits and the graph of an environment."""

from cloud_core.domain.manifest.dialects import dotted, is_flat, normalise, written_path
from cloud_core.domain.manifest.edits import (
    ABSENT,
    AppendItems,
    Difference,
    Edit,
    RemoveKey,
    RenameKey,
    SetValue,
    apply_edits,
    differences,
)
from cloud_core.domain.manifest.environment_graph import (
    StackEdges,
    environment_edges,
    environment_graph,
    priority_of,
    stack_edges,
    stacks_read,
)
from cloud_core.domain.manifest.generated_config import generated_config, generated_configs
from cloud_core.domain.manifest.inheritance import (
    Tier,
    TierName,
    deep_merge,
    merge_tiers,
    merged_config,
    origin_of,
    tiers,
)
from cloud_core.domain.manifest.model import (
    ALL,
    FORMAT_VERSION,
    DeploymentSection,
    EnvironmentSection,
    Manifest,
    StackEnvironment,
    StackSection,
)

__all__ = [
    "ABSENT",
    "ALL",
    "AppendItems",
    "DeploymentSection",
    "Difference",
    "Edit",
    "EnvironmentSection",
    "FORMAT_VERSION",
    "Manifest",
    "RemoveKey",
    "RenameKey",
    "SetValue",
    "StackEdges",
    "StackEnvironment",
    "StackSection",
    "Tier",
    "TierName",
    "apply_edits",
    "deep_merge",
    "differences",
    "dotted",
    "environment_edges",
    "environment_graph",
    "generated_config",
    "generated_configs",
    "is_flat",
    "merge_tiers",
    "merged_config",
    "normalise",
    "origin_of",
    "priority_of",
    "stack_edges",
    "stacks_read",
    "tiers",
    "written_path",
]
