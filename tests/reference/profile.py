"""How often properties are tried: the same examples each time, few in CI; ``DOHYO_EXAMPLES=20`` tries twenty times as many."""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings

_TIMES = int(os.environ.get("DOHYO_EXAMPLES", "1"))


#: What fails is made smaller only where somebody looks for it.
_PHASES = [Phase.explicit, Phase.generate] + [Phase.shrink] * (_TIMES > 1)


def often(examples: int) -> Callable[..., object]:
    """The settings of a property that is to be tried so often."""
    return settings(max_examples=examples * _TIMES, derandomize=_TIMES == 1, deadline=None, database=None, phases=_PHASES,
                    suppress_health_check=list(HealthCheck))
