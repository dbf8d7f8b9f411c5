"""What a sandbox consists of: everything, or all but the flow service where the settings say that another is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud_core.settings.sandbox import SandboxSettings
from sandbox.processes import FLOW_SERVICE, PROCESSES, ProcessSpec
from sandbox.seed import SEEDS, SeedStep


@dataclass(frozen=True)
class Blueprint:
    """The processes to start, and the steps that fill them."""

    processes: Sequence[ProcessSpec] = PROCESSES
    seeds: Sequence[SeedStep] = SEEDS


def blueprint_for(settings: SandboxSettings) -> Blueprint:
    """Without a flow service of our own, its processes fall away, and every step that they are needed for."""
    if settings.own_flow_service:
        return Blueprint()
    processes = tuple(spec for spec in PROCESSES if spec.name not in FLOW_SERVICE)
    names = {spec.name for spec in processes}
    return Blueprint(processes, tuple(seed for seed in SEEDS if names.issuperset(seed.needs)))
