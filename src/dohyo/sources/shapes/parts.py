"""What the tables of several shapes are written with: short ways to say a path, and the built-in fields."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Const, First, Joined, Key, Lines, Prefixed, ShapeExpr, When, XmlSystem

BACKSLASH = "\\"
HASHES: tuple[str, ...] = ("SHA1", "MD5", "SHA256", "IMPHASH")
"""The labels of Sysmon's ``Hashes``, in the order in which Sysmon writes them."""

#: Values without names that an event has; Windows Error Reporting's have 22.
_MOST_NAMELESS = 24

_OLD_CHANNELS = ("Application", "System", "Windows PowerShell", "MSExchange Management", "Directory Service", "DNS Server")

REGISTRY_ACTIONS: tuple[str, ...] = ("CreateKey", "DeleteKey", "SetValue", "DeleteValue", "RenameKey", "RenameValue")
"""What Sysmon's ``EventType`` says of a registry event."""


def at(*keys: str) -> Key:
    """The value at this path of keys."""
    return Key(keys)


def first(*options: ShapeExpr) -> First:
    """The first of these that is there."""
    return First(options)


def account(domain: ShapeExpr, name: ShapeExpr) -> Joined:
    r"""``DOMAIN\name``, or the one of the two that is there."""
    return Joined((domain, name), BACKSLASH)


def hashes(*values: ShapeExpr) -> Joined:
    """Sysmon's ``Hashes`` (``SHA1=…,MD5=…``) from single hashes in the order of ``HASHES``."""
    return Joined(tuple(Prefixed(f"{label}=", value) for label, value in zip(HASHES, values, strict=False)), ",")


def nameless(*places: str) -> Joined:
    """``Data`` of an event whose values have no names: shippers call them ``param1``, ``param2`` …, in the object at this path."""
    return Joined((Lines(at(*places, "Data")), *(at(*places, f"param{n}") for n in range(1, _MOST_NAMELESS + 1))), "\n")


def only_said(channel: ShapeExpr, *messages: ShapeExpr) -> When:
    """The rendered message, in the channels of providers whose values have no names: where an export has no such values."""
    return When(channel, _OLD_CHANNELS, first(*messages))


def builtins(shape: str, host: ShapeExpr, source_name: ShapeExpr) -> dict[str, ShapeExpr]:
    """The built-in fields of a local file of ``shape``: the host, the channel, and constants for what has no meaning
    without a collector."""
    return {
        "_sourceHost": host,
        "_sourceName": source_name,
        "_source": Const(shape),
        "_collector": Const("dohyo"),
    }


_EXPORTED = ("_sourceHost", "_sourceName", "_source", "_collector")


def exported(own: str) -> First:
    """A metadata field of an exported search result, in the lower case of the API or as people write it."""
    return first(at(own.lower()), at(own))


def exported_builtins(fields: dict[str, ShapeExpr]) -> dict[str, ShapeExpr]:
    """The built-in fields of an exported search result: its own where it has them, else those of ``fields``."""
    own: dict[str, ShapeExpr] = {name: first(at(name.lower()), at(name), fields[name]) for name in _EXPORTED}
    return own | {"_raw": at("_raw")}


def from_xml(text: ShapeExpr, names: Iterable[tuple[str, str]]) -> dict[str, ShapeExpr]:
    """Canonical names with the element or attribute of the System part (in ``text``) that each one is."""
    return {name: XmlSystem(text, element) for name, element in names}


XML_SYSTEM: tuple[tuple[str, str], ...] = (
    ("EventID", "EventID"),
    ("Channel", "Channel"),
    ("Provider", "Provider@Name"),
    ("ProviderGuid", "Provider@Guid"),
    ("Computer", "Computer"),
    ("EventRecordID", "EventRecordID"),
    ("Level", "Level"),
    ("Keywords", "Keywords"),
    ("Task", "Task"),
    ("Opcode", "Opcode"),
    ("ExecutionProcessID", "Execution@ProcessID"),
    ("ExecutionThreadID", "Execution@ThreadID"),
    ("ActivityID", "Correlation@ActivityID"),
    ("UserID", "Security@UserID"),
    ("Message", "Message"),
)
"""Canonical name -> where the System part of event XML has it."""
