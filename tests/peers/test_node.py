"""node's `soap` package, which most of KashFlow's younger integrations use."""

from __future__ import annotations

import pytest

from tests.peers.journey import Journey
from tests.peers.nodejs import HERE, environment, node


@pytest.mark.parametrize("version", ["11", "12"])
def test_node_goes_the_whole_way(journey: Journey, version: str) -> None:
    program = str(HERE / "client.js")
    journey.check(journey.run(node(), program, version, environment=environment()), "node")
