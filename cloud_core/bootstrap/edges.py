"""The services of the command line and the API."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.bootstrap.administration import AdministrationServices
from cloud_core.bootstrap.logins import LoginServices

if TYPE_CHECKING:
    from cloud_core.ports.builds import StackBuilder
    from cloud_core.ports.records import StackReader
    from cloud_core.services.looking.metric_points import VisiblePoints
    from cloud_core.services.manifests.config_changes import ConfigChanges
    from cloud_core.services.manifests.config_resolution import ConfigResolver
    from cloud_core.services.manifests.config_values import ConfigValues
    from cloud_core.services.manifests.edits import ManifestEditor
    from cloud_core.services.manifests.migrations import MigrationService
    from cloud_core.services.manifests.reading import ManifestReader
    from cloud_core.services.manifests.service import ManifestService
    from cloud_core.services.operations.approvals import ApprovalService
    from cloud_core.services.operations.deployment_edits import DeploymentEdits
    from cloud_core.services.operations.environments import EnvironmentService
    from cloud_core.services.operations.no_ops import NoOps
    from cloud_core.services.operations.preparation import PreparationService
    from cloud_core.services.operations.promotions import PromotionService
    from cloud_core.services.operations.record_guards import RecordGuards
    from cloud_core.services.operations.record_moves import RecordMoves
    from cloud_core.services.operations.record_operations import RecordOperations
    from cloud_core.services.operations.recorded_config import RecordedConfig
    from cloud_core.services.operations.recorded_manifests import RecordedManifests
    from cloud_core.services.operations.retries import RetryService
    from cloud_core.services.operations.rollbacks import RollbackService
    from cloud_core.services.operations.schedules import ScheduleService
    from cloud_core.services.operations.stack_edits import StackEdits
    from cloud_core.services.operations.unlocking import UnlockService
    from cloud_core.services.records.log_writing import LogWriting
    from cloud_core.services.stacks.fingerprints import Fingerprints
    from cloud_core.services.stacks.imports import StackImports
    from cloud_core.services.templates.stack_catalogue import StackCatalogue
    from cloud_core.services.templates.validation import TemplateValidation
    from cloud_core.services.validation.service import ValidationService


class EdgeServices(LoginServices, AdministrationServices):
    """What the command line and the API use besides: working copies, and whatever changes something.

    What needs no records can be made while they are away; using them raises then.
    """

    @cached_property
    def template_validation(self) -> TemplateValidation:
        from cloud_core.services.templates.validation import TemplateValidation

        return TemplateValidation(self.catalog, self.programs)

    @cached_property
    def stack_catalogue(self) -> StackCatalogue:
        from cloud_core.services.templates.stack_catalogue import StackCatalogue

        return StackCatalogue(self.catalog, self.programs)

    @cached_property
    def stack_builder(self) -> StackBuilder:
        from cloud_core.adapters.local.stack_builder import LocalStackBuilder

        return LocalStackBuilder(self.workspace)

    @cached_property
    def migrations(self) -> MigrationService:
        from cloud_core.adapters.local.legacy_workspace import LocalLegacyWorkspace
        from cloud_core.adapters.local.template_files import LocalTemplates
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.resources import data_dir
        from cloud_core.services.manifests.migrations import MigrationService

        root = Workspace(self.workspace)
        product = LocalTemplates(data_dir("templates"), Workspace(root.state)).stack_templates()
        return MigrationService(LocalLegacyWorkspace(root, self.clock), product, self.clock)

    @cached_property
    def manifests(self) -> ManifestService:
        from cloud_core.services.manifests.service import ManifestService

        return ManifestService(self._files, self._deployment_records, self.templates, self.programs, self.clock)

    @cached_property
    def config_changes(self) -> ConfigChanges:
        from cloud_core.services.manifests.config_changes import ConfigChanges

        return ConfigChanges(self._editor, self.templates)

    @cached_property
    def config_values(self) -> ConfigValues:
        from cloud_core.services.manifests.config_values import ConfigValues

        return ConfigValues(self._reader, self.templates, self._config_resolver)

    @cached_property
    def environments(self) -> EnvironmentService:
        from cloud_core.services.operations.environments import EnvironmentService

        return EnvironmentService(self._editor, self._reader, lambda: self.records, lambda: self.operations)

    @cached_property
    def validation(self) -> ValidationService:
        from cloud_core.services.validation.access_checks import AccessChecks
        from cloud_core.services.validation.service import ValidationService

        access = AccessChecks(lambda: self.aws, lambda: self._engine_login)
        return ValidationService(self._files, self.templates, self.programs, access, self.clock)

    @cached_property
    def preparation(self) -> PreparationService:
        """What comes before a deploy."""
        from cloud_core.services.operations.preparation import PreparationService

        return PreparationService(self.manifests, self.validation, self.operations, self._deployment_records)

    @cached_property
    def record_operations(self) -> RecordOperations:
        """Operations for those who have no workspace."""
        from cloud_core.services.operations.record_operations import RecordOperations

        return RecordOperations(self.operations, self.preparation, lambda: self.retries, self.status, self.plans)

    @cached_property
    def recorded_manifests(self) -> RecordedManifests:
        """The manifests of the records, for those who have no workspace."""
        from cloud_core.services.operations.recorded_manifests import RecordedManifests

        return RecordedManifests(
            self._deployment_records, self.templates, self.programs, self.operations, self.environments, self.clock
        )

    @cached_property
    def record_moves(self) -> RecordMoves:
        """Promotions and rollbacks for those who have no workspace."""
        from cloud_core.services.operations.record_moves import RecordMoves

        return RecordMoves(self.operations, self.preparation, self.promotions, self.rollbacks, self.plans)

    @cached_property
    def recorded_config(self) -> RecordedConfig:
        """Changes of single values, for those who have no workspace."""
        from cloud_core.services.operations.recorded_config import RecordedConfig

        return RecordedConfig(self.recorded_manifests, self.templates)

    @cached_property
    def recorded_values(self) -> ConfigValues:
        """Single values of the record, whatever a workspace's file says."""
        from cloud_core.services.manifests.config_values import ConfigValues
        from cloud_core.services.manifests.reading import RecordReader

        return ConfigValues(RecordReader(self._deployment_records), self.templates, self._config_resolver)

    @cached_property
    def recorded_environments(self) -> EnvironmentService:
        """As the record has them, whatever a workspace's file says."""
        from cloud_core.services.manifests.reading import RecordReader
        from cloud_core.services.operations.environments import EnvironmentService

        reader = RecordReader(self._deployment_records)
        return EnvironmentService(self._editor, reader, lambda: self.records, lambda: self.operations)

    @cached_property
    def metric_points(self) -> VisiblePoints:
        from cloud_core.services.looking.metric_points import VisiblePoints

        return VisiblePoints(lambda: self.records, self.clock)

    @cached_property
    def deployment_edits(self) -> DeploymentEdits:
        from cloud_core.services.operations.deployment_edits import DeploymentEdits, EditParts

        return DeploymentEdits(
            EditParts(
                lambda: self.records,
                lambda: self.recorded_manifests,
                self.templates,
                self.programs,
                self._record_guards,
                self.clock,
            )
        )

    @cached_property
    def stack_edits(self) -> StackEdits:
        from cloud_core.services.operations.stack_edits import StackEdits

        return StackEdits(lambda: self.records, self._record_guards, self.clock)

    @cached_property
    def log_writing(self) -> LogWriting:
        from cloud_core.services.records.log_writing import LogWriting

        return LogWriting(lambda: self.records, self.clock)

    @cached_property
    def _record_guards(self) -> RecordGuards:
        from cloud_core.services.operations.record_guards import RecordGuards

        return RecordGuards(lambda: self.records, lambda: self.operations.turns, self.lease)

    @cached_property
    def approvals(self) -> ApprovalService:
        from cloud_core.services.operations.approvals import ApprovalService

        return ApprovalService(self.records, self.operations, self.gate, self.clock)

    @cached_property
    def rollbacks(self) -> RollbackService:
        from cloud_core.services.operations.rollbacks import RollbackService

        return RollbackService(self.records, self._plans, self.clock)

    @cached_property
    def promotions(self) -> PromotionService:
        from cloud_core.services.operations.promotions import PromotionService

        return PromotionService(self.records, self.programs)

    @cached_property
    def retries(self) -> RetryService:
        from cloud_core.services.operations.retries import RetryService

        return RetryService(self.records, self.operations, self._plans, self.engine)

    @cached_property
    def unlocking(self) -> UnlockService:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.operations.unlocking import UnlockService

        return UnlockService(self.records, LocalProcesses(), self.operations.settle, self.clock)

    @cached_property
    def schedules(self) -> ScheduleService:
        from cloud_core.services.operations.schedules import ScheduleService

        return ScheduleService(self._deployment_records, lambda: self._schedules, lambda: self._approval_rules)

    @cached_property
    def stack_imports(self) -> StackImports:
        from cloud_core.adapters.local.state_files import LocalStateBackups
        from cloud_core.adapters.local.workspace import Workspace
        from cloud_core.services.stacks.imports import StackImports

        backups = LocalStateBackups(Workspace(self.workspace))
        return StackImports(self.records, self._plans, lambda: self.engine, self.lease, backups, self.clock)

    @property
    def _no_ops(self) -> NoOps | None:
        from cloud_core.services.operations.no_ops import NoOps

        return NoOps(self.records, self._fingerprints_over, self.clock)

    def _fingerprints_over(self, stacks: StackReader) -> Fingerprints:
        from cloud_core.services.stacks.fingerprints import Fingerprints
        from cloud_core.services.stacks.inputs import StackInputResolver

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        # The variables are those of whoever carries the deploy out, not ours.
        sources = replace(self._sources, variables=None)
        inputs = StackInputResolver(stacks, lambda: self.engine, sources, prefixes, self._digest_key)
        return Fingerprints(self.programs.for_one_look(), inputs, self._digest_key)

    @cached_property
    def _editor(self) -> ManifestEditor:
        from cloud_core.services.manifests.edits import ManifestEditor

        return ManifestEditor(self._files, self.manifests, self.templates, self.programs, self.clock)

    @cached_property
    def _reader(self) -> ManifestReader:
        from cloud_core.services.manifests.reading import ManifestReader

        return ManifestReader(self.manifests, self._deployment_records)

    def _config_resolver(self) -> ConfigResolver:
        from cloud_core.services.manifests.config_resolution import ConfigResolver

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        return ConfigResolver(self.records.stacks, self.aws, prefixes)
