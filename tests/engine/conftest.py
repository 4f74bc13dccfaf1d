"""The engines that tests compare."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dohyo.engines.spark import server

#: Compiles less, for the statements are many and short; what it compiles means the same.
_JAVA = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dspark.sql.adaptive.enabled=false "
    "-Dspark.sql.codegen.wholeStage=false -Dspark.sql.codegen.factoryMode=NO_CODEGEN"
)
_SERVERS = ["spark", "sail"]


@pytest.fixture(scope="session", params=_SERVERS)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """An engine with a server, which can be started here."""
    yield from _startable(str(request.param))


@pytest.fixture(scope="session", params=["duckdb", *_SERVERS])
def any_engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """An engine that can be started here."""
    yield from _startable(str(request.param))


def _startable(name: str) -> Iterator[str]:
    if name in _SERVERS and (reason := server.absent(name)):
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", _JAVA)
        yield name
