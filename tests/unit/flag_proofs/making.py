"""The flags of the commands that make deployments, check them, set values, and know templates and stacks."""

from __future__ import annotations

from typing import Any

from cli.testing.flags import ProvenBy, run, tells
from cli.testing.scenes import INIT, MINE, Scene, manifest_file, mine
from cloud_core.domain.stack_contract import ProgramInputs
from cloud_core.domain.stack_template import ParameterType
from cloud_core.testing.edge import FakeEdge

SHOP = """\
name: shop
description: With a variable.
environments: {dev: {enabled: true}, stage: {enabled: true}, prod: {enabled: true}}
stacks:
  network: {config: {size: (( AZ_COUNT_DEV )), cidr: (( VPC_CIDR_DEV ))}}
  dns: {}
"""


def able(cli: Any, environment: str) -> None:
    """Programs that take what their templates declare."""
    cli.edge.programs.taken = dict.fromkeys(cli.edge.programs.names(), ProgramInputs({"size": ParameterType.NUMBER}))


def sized(cli: Any, environment: str) -> None:
    """`dns` is of size 3 everywhere, 5 in dev; dev has a team."""
    mine(cli, "dev")
    run(cli, "config-set", MINE, "size", "3", "--stack", "dns")
    run(cli, "config-set", MINE, "size", "5", "--stack", "dns", "-e", "dev")
    run(cli, "config-set", MINE, "team", "blue", "-e", "dev")


def in_own_file(cli: Any, environment: str) -> None:
    """The tool has a setting."""
    run(cli, "config-set", "--tool", "defaults.region", "eu-west-1")


def own_templates(cli: Any, environment: str) -> None:
    """The workspace has a template of its own."""
    folder = cli.edge.workspace / "templates" / "custom"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.yaml").write_text(SHOP, "utf-8")
    cli.edge = FakeEdge(cli.edge.workspace.parent)


SCENES = {
    "init": Scene(INIT),
    "validate": Scene(("validate", MINE), mine),
    "config-set": Scene(("config-set", MINE, "size", "3", "--stack", "dns"), mine),
    "config-get": Scene(("config-get", MINE, "size", "--stack", "dns"), sized),
    "config-list": Scene(("config-list", MINE), sized),
    "template-list": Scene(("template-list",), own_templates),
    "template-show": Scene(("template-show", "demo")),
    "template-validate": Scene(("template-validate",)),
    "stack list": Scene(("stack", "list")),
    "stack show": Scene(("stack", "show", "network")),
    "stack build": Scene(("stack", "build", "network"), able),
    "migrate": Scene(("migrate",)),
}


def makes(option: str, value: str, see: Any, expected: Any) -> Any:
    """The manifest that is made has it; `see` takes it out of the manifest."""

    def prove(cli: Any, flag: str, scene: Scene) -> None:
        words = [word for word in scene.call() if not word.startswith(f"{option}=")]
        manifest = cli.json(*words, flag, value, "--dry-run")["data"]["manifest"]
        assert see(manifest) == expected, manifest

    return prove


def of_deployment(name: str) -> Any:
    return lambda manifest: manifest["deployment"][name]


def of_place(environment: str, name: str) -> Any:
    return lambda manifest: manifest["environments"][environment][name]


def enabled(manifest: Any) -> list[str]:
    return sorted(name for name, section in manifest["stacks"].items() if section["enabled"])


def sets_a_variable(*value: str) -> Any:
    """The template's variable has the value in what is made."""

    def prove(cli: Any, flag: str, scene: Scene) -> None:
        own_templates(cli, "dev")
        words = [word.replace("=demo", "=shop") for word in scene.call()]
        without, shown = (run(cli, *words, *more, "--dry-run") for more in ((), (flag, *value)))
        new = value[0].rpartition("=")[2]
        assert (new in without, new in shown) == (False, True), shown

    return prove


def goes_so_far(cli: Any, flag: str, scene: Scene) -> None:
    """Each level has the checks of those before it, and one more."""
    scene.start(cli, "dev")
    for number, level in enumerate(("syntax", "schema", "dependencies", "config", "full"), 1):
        assert f"[{number}/{number}]" in run(cli, *scene.call(), flag, level)


def goes_all_the_way(cli: Any, flag: str, scene: Scene) -> None:
    scene.start(cli, "dev")
    assert "[5/5]" in run(cli, *scene.call(), flag)
    assert "--level" in run(cli, *scene.call(), flag, "--level", "syntax", code=2)


def mends(cli: Any, flag: str, scene: Scene) -> None:
    """Rehearsed, it says what would be mended, and leaves the file alone."""
    scene.start(cli, "dev")
    path = manifest_file(cli)
    path.write_text(path.read_text("utf-8").replace("priority: 50", 'priority: "50"', 1), "utf-8")
    before = path.read_text("utf-8")
    run(cli, *scene.call(), code=3)
    assert "Would be mended: 1 place" in run(cli, *scene.call(), flag, "--dry-run", code=3)
    assert path.read_text("utf-8") == before
    assert "Mended 1 place" in run(cli, *scene.call(), flag)


def minds_warnings(cli: Any, flag: str, scene: Scene) -> None:
    mine(cli, "dev")
    path = manifest_file(cli)
    path.write_text(path.read_text("utf-8").replace("  network:\n", "  network:\n    colour: red\n", 1), "utf-8")
    run(cli, *scene.call())
    run(cli, *scene.call(), flag, code=3)


def checks_that_environment(cli: Any, flag: str, scene: Scene) -> None:
    """What is wrong in dev alone is nothing to prod."""
    mine(cli, "prod")
    path = manifest_file(cli)
    broken = path.read_text("utf-8").replace("account: '123456789012'", "account: '12'", 1)
    path.write_text(broken.replace('account: "123456789012"', 'account: "12"', 1), "utf-8")
    run(cli, *scene.call(), flag, "dev", code=3)
    run(cli, *scene.call(), flag, "nowhere", code=2)


def sets(flag_value: tuple[str, ...], shown: str, *words: str) -> Any:
    """The value is written at that place of the manifest, and comes back from there."""

    def prove(cli: Any, flag: str, scene: Scene) -> None:
        mine(cli, "dev")
        run(cli, *words, flag, *flag_value)
        assert shown in run(cli, "config-list", MINE)

    return prove


def sets_a_text(cli: Any, flag: str, scene: Scene) -> None:
    """Whatever it looks like."""
    mine(cli, "dev")
    for more, value in (((), 3), ((flag,), "3")):
        run(cli, "config-set", MINE, "team", "3", "-e", "dev", *more)
        assert cli.json("config-get", MINE, "team", "-e", "dev")["data"]["value"] == value


def resolves(cli: Any, flag: str, scene: Scene) -> None:
    """Placeholders have their values; which they have hangs on the environment."""
    mine(cli, "dev")
    run(cli, "config-set", MINE, "team", "of ${deployment.project}", "-e", "dev")
    words = (*scene.call()[:2], *(["team"] if "config-get" in scene.words else []), "-e", "dev")
    assert "of ${deployment.project}" in run(cli, *words)
    assert "of blog" in run(cli, *words, flag)
    assert flag in run(cli, *words[:-2], "--stack", "dns", flag, code=2)


def unsets(cli: Any, flag: str, scene: Scene) -> None:
    sized(cli, "dev")
    run(cli, "config-set", MINE, "size", "--stack", "dns", "-e", "dev", flag)
    assert run(cli, "config-get", MINE, "size", "--stack", "dns", "-e", "dev") == "3\n"


def takes_references_alone(cli: Any, flag: str, scene: Scene) -> None:
    mine(cli, "dev")
    run(cli, "config-set", MINE, "token", "in-clear", "-e", "dev", flag, code=3)
    run(cli, "config-set", MINE, "token", "{{SECRET:shop/token}}", "-e", "dev", flag)


def of_the_tool(*words: str) -> Any:
    def prove(cli: Any, flag: str, scene: Scene) -> None:
        in_own_file(cli, "dev")
        assert "eu-west-1" in run(cli, *words, flag)
        assert "exclude each other" in run(cli, *words, flag, "--stack", "dns", code=2)

    return prove


def sets_of_the_tool(cli: Any, flag: str, scene: Scene) -> None:
    run(cli, "config-set", flag, "defaults.parallel", "4")
    assert "4" in run(cli, "config-get", "--tool", "defaults.parallel")
    assert "--string" in run(cli, "config-set", flag, "defaults.parallel", "4", "--string", code=2)


def builds_there(cli: Any, flag: str, scene: Scene) -> None:
    able(cli, "dev")
    assert "in dev" in run(cli, *scene.call())
    assert "in prod" in run(cli, *scene.call(), flag, "prod")
    assert cli.edge.world.engine.last["network"].target.environment.value == "prod"


def builds_all(cli: Any, flag: str, scene: Scene) -> None:
    able(cli, "dev")
    assert "4 passed" in run(cli, "stack", "build", flag)
    run(cli, *scene.call(), flag, code=2)


def builds_with(cli: Any, flag: str, scene: Scene) -> None:
    able(cli, "dev")
    run(cli, *scene.call(), flag, "network.size=7")
    assert cli.edge.programs.inputs["network"]["size"] == 7


PROOFS = {
    "init": {
        "--org": makes("--org", "Birchway", of_deployment("org"), "Birchway"),
        "--project": makes("--project", "lines", of_deployment("project"), "lines"),
        "--domain": makes("--domain", "lines.example", of_deployment("domain"), "lines.example"),
        "--template": makes("--template", "demo", of_deployment("template"), "demo"),
        "--region": makes("--region", "eu-west-1", of_place("dev", "region"), "eu-west-1"),
        "--region-secondary": makes("", "eu-west-1", of_place("prod", "region"), "eu-west-1"),
        "--account-dev": makes("--account-dev", "410000000017", of_place("stage", "account"), "410000000017"),
        "--account-stage": makes("", "410000000017", of_place("stage", "account"), "410000000017"),
        "--account-prod": makes("", "410000000017", of_place("prod", "account"), "410000000017"),
        "--stacks-enabled": makes("", "network,dns", enabled, ["dns", "network"]),
        "--stacks-disabled": makes("", "dns", enabled, ["network", "secrets", "security"]),
        "--description": makes("", "What it is for", of_deployment("description"), "What it is for"),
        "--vpc-cidr": sets_a_variable("10.9.0.0/16"),
        "--var": sets_a_variable("AZ_COUNT_DEV=777"),
        "--from-file": ProvenBy("unit/test_cli_commands.py::test_takes_options_from_a_file_and_the_command_line_wins"),
        "--interactive": ProvenBy("unit/test_cli_commands.py::test_asks_for_everything_in_order"),
    },
    "validate": {
        "--environment": checks_that_environment,
        "--level": goes_so_far,
        "--full": goes_all_the_way,
        "--fix": mends,
        "--strict": minds_warnings,
    },
    "config-set": {
        "--stack": sets(("dns",), "dns", "config-set", MINE, "size", "3"),
        "--environment": sets(("dev",), "team", "config-set", MINE, "team", "blue"),
        "--unset": unsets,
        "--string": sets_a_text,
        "--secret": takes_references_alone,
        "--tool": sets_of_the_tool,
    },
    "config-get": {
        "--stack": ProvenBy("unit/test_cli_config.py::test_gives_the_bare_value"),
        "--environment": tells("dev", now="5", gone="3"),
        "--resolved": resolves,
        "--show-origin": tells(now="stacks.dns.config.size"),
        "--tool": of_the_tool("config-get", "defaults.region"),
    },
    "config-list": {
        "--stack": tells("dns", kept="size", gone="team"),
        "--environment": tells("dev", kept="team", gone="size"),
        "--resolved": resolves,
        "--show-origin": tells(now="stacks.dns.config.size"),
        "--tool": of_the_tool("config-list"),
    },
    "template-list": {"--custom-only": tells(kept="shop", gone="demo")},
    "template-show": {"--raw": tells(now="display_name: Demo", kept="Demo", gone="Waits for")},
    "template-validate": {
        "--strict": ProvenBy("unit/test_cli_commands.py::test_are_validated_all_or_one"),
    },
    "stack list": {
        "--own-only": ProvenBy("unit/test_cli_stack.py::test_own_ones_are_marked_and_what_is_missing_is_told")
    },
    "stack build": {
        "--all": builds_all,
        "--environment": builds_there,
        "--input": builds_with,
        "--parallel": tells("2", now="2 at once", gone="4 at once"),
    },
    "migrate": {
        "--apply": ProvenBy("unit/test_cli_migrate.py::test_it_migrates_manifest_stacks_and_folders_and_keeps_what_was")
    },
}
