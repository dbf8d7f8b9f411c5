"""Blocks: Prefect's own standard tests, no secrets, and the way from a saved block to a flow's settings."""

from __future__ import annotations

import pytest
from prefect.blocks.core import Block
from prefect.testing.standard_test_suites import BlockStandardTestSuite
from pydantic import SecretStr

from blocks import ALL_BLOCKS
from blocks.overlay import settings_with_blocks
from blocks.register import register
from cloud_core.settings import Settings
from cloud_core.settings.prefect import PrefectSettings

# With the other files that need a flow service: they share one.
pytestmark = pytest.mark.xdist_group("flow-service")


@pytest.mark.parametrize("block", ALL_BLOCKS)
class TestStandards(BlockStandardTestSuite):
    @pytest.fixture
    def block(self, block: type[Block]) -> type[Block]:
        return block

    # Prefect's own test fetches the logo from the internet, which tests never reach.
    test_has_a_valid_image = None


@pytest.mark.parametrize("block", ALL_BLOCKS)
def test_a_block_holds_no_secret(block: type[Block]) -> None:
    assert not [name for name, field in block.model_fields.items() if field.annotation is SecretStr]


def test_flows_take_their_pointers_from_saved_blocks(flow_service: None) -> None:
    register("here", "file:///state", Settings())

    settings = settings_with_blocks(Settings(prefect=PrefectSettings(blocks="here")))

    assert settings.engine.backend_url == "file:///state"
    assert settings.aws.role_name == "cloud-deployer"
    assert settings.aws.table_prefix == "cloud-"


def test_without_a_name_nothing_is_asked() -> None:
    settings = Settings()
    assert settings_with_blocks(settings) is settings


def test_a_block_that_does_not_exist_is_named(flow_service: None) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        settings_with_blocks(Settings(prefect=PrefectSettings(blocks="nowhere")))
