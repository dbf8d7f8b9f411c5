"""The settings tree: one frozen model, read from `CLOUD_*` variables at the edges and nowhere else."""

from cloud_core.settings.tree import Settings, load_settings

__all__ = ["Settings", "load_settings"]
