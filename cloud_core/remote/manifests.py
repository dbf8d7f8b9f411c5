"""Manifests between a folder here and a record there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.records import RestRecords
from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import DeploymentNotFound
from cloud_core.domain.manifest import Manifest, generated_configs
from cloud_core.domain.names import EnvironmentName, folder_name
from cloud_core.domain.records import Deployment
from cloud_core.domain.validation import Catalogue, Level, Scope, invalid_manifest, validate_manifest
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.workspace import ManifestFiles, NewDeployment, Origin
from cloud_core.remote.named import record_of, template_place
from cloud_core.remote.outlooks import findings
from cloud_core.services.manifests.creation import Draft, InitRequest, InitResult
from cloud_core.services.manifests.service import LoadedManifest, ManifestService
from cloud_core.services.templates.service import TemplateService

_UNREADABLE: Final = frozenset({"INVALID_ACCOUNT", "INVALID_REGION"})
_HEADER = """\
Deployment {id}. Its record is elsewhere: 'cloud manifest push {id} --remote URL' makes this file the next version."""


@dataclass(frozen=True)
class ToldInit(InitResult):
    """`told` is the answer: what programs get is what the API said."""

    told: Mapping[str, Any] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        return dict(self.told)


class RemoteManifests(ManifestService):
    """As `services.manifests`, with the record elsewhere. The file is pushed from here with the version that it was
    made from, so that nothing is overwritten unseen."""

    def __init__(
        self,
        client: RestClient,
        records: RestRecords,
        files: ManifestFiles,
        templates: TemplateService,
        programs: ProgramNames,
        clock: Clock,
    ) -> None:
        super().__init__(files, cast(Any, records.deployments), templates, programs, clock)
        self._client = client
        self._local_templates = templates
        self._folders = files

    def draft(self, request: InitRequest) -> Draft:
        """The manifest that the record would start with. Raises as `init`."""
        _require_readable(request)
        body = _body(request)
        del body["template"]
        told = self._client.post(template_place(request.template, "generate"), body)
        manifest = Manifest.model_validate(told["manifest"])
        section = manifest.deployment
        folder = folder_name(section.id, section.org, section.project)
        return Draft(manifest, told["manifest"], folder, told["layers"], findings(told["warnings"]))

    def init(self, request: InitRequest) -> ToldInit:
        """A record, and no folder here; raises as the service does."""
        _require_readable(request)
        told = self._client.post(place("deployments", "init"), _body(request))
        record = record_of(self._client, told["deployment_id"])
        path = Path(told["manifest_path"])
        return ToldInit(
            deployment_id=record.deployment_id,
            folder=path.parent,
            manifest_path=path,
            manifest=Manifest.model_validate(record.manifest),
            layers=[],
            config_files=told["config_files"],
            warnings=findings(told["warnings"]),
            deployment=record if told["recorded"] else None,
            not_recorded=told["not_recorded"],
            is_here=False,
            told=told,
        )

    def load(self, deployment_id: str) -> LoadedManifest:
        """As the service; without a folder it is said how to get one."""
        try:
            return super().load(deployment_id)
        except DeploymentNotFound as error:
            record_of(self._client, deployment_id)
            suggestion = f"run 'cloud manifest pull {deployment_id}', which makes one from the record"
            raise DeploymentNotFound(error.message, **{**error.context, "suggestion": suggestion}) from None

    def push(self, deployment_id: str, user: str = "unknown", force: bool = False) -> Deployment:
        """As the service, from a folder of here. The API notes in the manifest when it was changed: that comes back
        into the file, which would look edited otherwise."""
        self.load(deployment_id)
        pushed = super().push(deployment_id, user, force)
        if content_digest(pushed.manifest) != pushed.digest:
            super().pull(deployment_id, force=True)
        return pushed

    def pull(self, deployment_id: str, force: bool = False, rehearse: bool = False) -> list[str]:
        """As the service; where there is no folder yet, it is made from the record."""
        try:
            self._folders.folder(deployment_id)
        except DeploymentNotFound:
            record = record_of(self._client, deployment_id)
            if not rehearse:
                self._folders.create(self._folder_of(record))
            return [f"a folder for {deployment_id}, with version {record.manifest_version} of its manifest"]
        return super().pull(deployment_id, force, rehearse)

    def _folder_of(self, record: Deployment) -> NewDeployment:
        manifest = Manifest.model_validate(record.manifest)
        return NewDeployment(
            deployment_id=record.deployment_id,
            folder=folder_name(record.deployment_id, record.organization, record.project),
            manifest=record.manifest,
            header=_HEADER.format(id=record.deployment_id),
            configs=generated_configs(manifest, self._local_templates.stack_templates()),
            log_lines=(),
            origin=Origin(record.manifest_version, record.digest),
        )


def _environments(request: InitRequest) -> dict[str, dict[str, str]]:
    dev = request.accounts.get(EnvironmentName.DEV.value, "")
    regions = {EnvironmentName.PROD.value: request.region_secondary or request.region}
    return {
        name.value: {
            "region": regions.get(name.value, request.region),
            "account_id": request.accounts.get(name.value) or dev,
        }
        for name in EnvironmentName
    }


def _require_readable(request: InitRequest) -> None:
    """InvalidManifest for accounts and regions that are none, in the words of a manifest: the API refuses them as
    fields of a body, of which whoever gives options knows nothing."""
    sections = {
        name: {"account": one["account_id"], "region": one["region"]} for name, one in _environments(request).items()
    }
    document = {"deployment": {}, "environments": sections, "stacks": {}}
    found = validate_manifest(document, Catalogue({}, {}, frozenset()), Scope(Level.SCHEMA, file="")).errors
    if unreadable := [one for one in found if one.code in _UNREADABLE]:
        raise invalid_manifest(unreadable)


def _body(request: InitRequest) -> dict[str, Any]:
    return {
        "organization": request.org,
        "project": request.project,
        "domain": request.domain,
        "template": request.template,
        "environments": _environments(request),
        "deployment_id": request.deployment_id,
        "description": request.description,
        "stacks_enabled": list(request.stacks_enabled),
        "stacks_disabled": list(request.stacks_disabled),
        "variables": dict(request.variables),
    }
