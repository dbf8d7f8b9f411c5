"""A builder of stacks that needs no processes."""

from __future__ import annotations

from cloud_core.ports.builds import BuildRequest, Builds, OnBuild, StackBuild
from cloud_core.services.templates.stack_builds import StackBuildService


class BuildInPlace:
    """`ports.builds.StackBuilder` in the caller's process."""

    def __init__(self, service: StackBuildService) -> None:
        self._service = service

    def build(self, request: BuildRequest, tell: OnBuild) -> Builds:
        ended: list[StackBuild] = []

        def note(stack: str, build: StackBuild | None) -> None:
            tell(stack, build)
            ended.extend([build] if build else [])

        self._service.build_all(request.stacks, request.environment, 1, note)
        return Builds(request.environment, tuple(sorted(ended, key=lambda build: build.stack)), 1.5)
