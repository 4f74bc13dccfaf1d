"""Places and networks of addresses, from a user's MaxMind databases (spec §9.1, §9.4)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dohyo.tables.find import databases
from dohyo.tables.load import as_text

LOCATION = ("latitude", "longitude", "country_code", "country_name", "city", "state")
EXTRAS = ("region", "continent", "postal_code", "connection_type", "country_cf", "state_cf", "city_cf", "area_code", "metro_code")
NETWORK = ("asn", "organization", "registering_organization", "carrier_organization")


@functools.lru_cache(maxsize=8)
def _opened(path: str) -> Any:
    import maxminddb

    return maxminddb.open_database(path)


def database(kind: str, folders: Sequence[Path]) -> Path | None:
    """The database of places (``location``) or of networks (``asn``), ``None`` when there is none."""
    import maxminddb

    for path in databases(folders):
        try:
            described = str(_opened(str(path)).metadata().database_type).lower()
        except (OSError, ValueError, maxminddb.InvalidDatabaseError):
            continue
        if ("asn" in described or "isp" in described) == (kind == "asn"):
            return path
    return None


@functools.lru_cache(maxsize=65_536)
def _record(path: str, address: str) -> dict[str, Any]:
    try:
        found = _opened(path).get(address)
    except (ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def value(address: str | None, column: str | None, path: str | None) -> str | None:
    """A column of an address; null for what is no address or not in the database."""
    if not address or column is None or path is None:
        return None
    found = _COLUMNS[column](_record(path, address.strip()))
    return as_text(found)


def _at(record: dict[str, Any], *keys: str | int) -> Any:
    found: Any = record
    for key in keys:
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and isinstance(key, int) and key < len(found):
            found = found[key]
        else:
            return None
    return found


def _degrees(name: str) -> Callable[[dict[str, Any]], Any]:
    def read(record: dict[str, Any]) -> Any:
        number = _at(record, "location", name)
        return None if number is None else round(float(number), 5)

    return read


def _path(*keys: str | int) -> Callable[[dict[str, Any]], Any]:
    return lambda record: _at(record, *keys)


def _asn(record: dict[str, Any]) -> Any:
    number = record.get("autonomous_system_number")
    return None if number is None else f"AS{number}"


_ORGANIZATION = _path("autonomous_system_organization")
_COLUMNS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "latitude": _degrees("latitude"),
    "longitude": _degrees("longitude"),
    "country_code": _path("country", "iso_code"),
    "country_name": _path("country", "names", "en"),
    "city": _path("city", "names", "en"),
    "state": _path("subdivisions", 0, "names", "en"),
    "region": _path("subdivisions", 0, "iso_code"),
    "continent": _path("continent", "names", "en"),
    "postal_code": _path("postal", "code"),
    "connection_type": _path("connection_type"),
    "country_cf": _path("country", "confidence"),
    "state_cf": _path("subdivisions", 0, "confidence"),
    "city_cf": _path("city", "confidence"),
    "area_code": _path("location", "area_code"),
    "metro_code": _path("location", "metro_code"),
    "asn": _asn,
    "organization": _ORGANIZATION,
    "registering_organization": _ORGANIZATION,
    "carrier_organization": _path("organization"),
}
