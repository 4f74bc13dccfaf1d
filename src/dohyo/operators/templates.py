"""Signatures of messages: what ``logreduce`` and ``logcompare`` share (spec §10). Sumo Logic's clustering is secret; here
it is Drain's (the ``drain3`` package), always with the same result for the same messages in the same order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

_MASKS = (
    (re.compile(r"https?://\S+"), "$URL"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "$DATE"),
)
_VARIABLE = "*****"
#: Of more signatures the one that was met longest ago is given up: texts without any likeness would take for ever.
MOST, OTHERS = 1_000, "Others"
_LONGEST = 4_000  # characters of a message that are looked at


def signatures(texts: Sequence[str | None]) -> list[str]:
    """The signature of each message; ``Others`` for those whose signature has been given up."""
    from drain3 import TemplateMiner
    from drain3.template_miner_config import TemplateMinerConfig

    config = TemplateMinerConfig()
    config.profiling_enabled = False
    config.drain_sim_th = 0.5
    config.drain_max_clusters = MOST
    miner: Any = TemplateMiner(None, config)
    numbers = [miner.add_log_message(_masked(t or ""))["cluster_id"] for t in texts]
    shown = {c.cluster_id: " ".join(c.log_template_tokens).replace("<*>", _VARIABLE) for c in miner.drain.clusters}
    return [shown.get(n, OTHERS) for n in numbers]


def _masked(text: str) -> str:
    for pattern, put in _MASKS:
        text = pattern.sub(put, text)
    return text[:_LONGEST]


def signature_id(signature: str) -> str:
    """A short name of a signature, the same in every run."""
    return hashlib.sha256(signature.encode()).hexdigest()[:16]
