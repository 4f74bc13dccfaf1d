"""The formats of ``hunt`` beside the ones for rows."""

from __future__ import annotations

from dohyo.reports.alerts import Writer
from dohyo.reports.navigator import navigator
from dohyo.reports.ocsf import ocsf
from dohyo.reports.sarif import sarif
from dohyo.reports.stix import stix
from dohyo.reports.timesketch import timesketch

ALERT_WRITERS: dict[str, Writer] = {"sarif": sarif, "navigator": navigator, "timesketch": timesketch, "ocsf": ocsf, "stix": stix}
