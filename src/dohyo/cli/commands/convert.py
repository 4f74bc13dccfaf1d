"""``dohyo convert``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from click.exceptions import Exit

from dohyo.cli.errors import CHECK_FAILED, UsageError, shown
from dohyo.cli.options import one_of
from dohyo.cli.output import emit_text
from dohyo.cli.project import all_detections
from dohyo.compile import compile_query
from dohyo.detections.model import Detection
from dohyo.engines.plain_sql import NoSql, dialects, plain_sql

if TYPE_CHECKING:
    from dohyo.sigma.cache import Converted
    from dohyo.sigma.verify import Proof


def run(name: str, target: str, folders: Sequence[Path], output: Path | None, logs: Sequence[str] = ()) -> None:
    """Writes a detection, or a Sigma rule, in another language; with ``logs`` it is proved on them."""
    with shown():
        from dohyo.sigma.notsaid import NotSaid
        from dohyo.sigma.platforms import PLATFORMS

        if not _is_sql(target):
            one_of("--to", target, ("sigma", "sumo", "sql", "cse", *PLATFORMS))
        try:
            text = _sql(name, target, folders) if _is_sql(target) else _converted(name, target, folders)
        except (NotSaid, NoSql) as error:
            print(f"error: {name} cannot be converted to {target}: {error}", file=sys.stderr)
            raise Exit(CHECK_FAILED) from None
        emit_text(text, output)
        if logs and not _proved(_named(name, folders), target, text, logs):
            raise Exit(CHECK_FAILED)


def _is_sql(target: str) -> bool:
    """True for ``sql`` and ``sql:DIALECT``; a dialect that is not known is refused."""
    kind, _, dialect = target.partition(":")
    if kind == "sql" and dialect:
        one_of("the dialect of sql:", dialect, dialects())
    return kind == "sql"


def _sql(name: str, target: str, folders: Sequence[Path]) -> str:
    """Plain SQL, made from Dohyo's own compiled plan."""
    query = _converted(name, "sumo", folders)
    compiled = compile_query(query, name)
    return plain_sql(compiled.plan, compiled.fields, target.partition(":")[2] or "duckdb")


def _proved(detection: Detection, target: str, text: str, logs: Sequence[str]) -> bool:
    """Tells where a detection and what it became differ, on the logs and on events made for it; true when they do not."""
    from dohyo.run import RunOptions
    from dohyo.sigma import verify, verify_sql
    from dohyo.sigma.notsaid import NotSaid

    options, dialect = RunOptions(), target.partition(":")[2] or "duckdb"
    try:
        if _is_sql(target):
            how = "SQL, run on " + ("SQLite" if dialect == "sqlite" else "DuckDB")
            proofs = [verify_sql.on_made(detection.query, text, dialect, options),
                      verify_sql.on_logs(detection.query, text, dialect, logs, options)]  # fmt: skip
        else:
            how, back = "way through Sigma and back", verify.round_trip(detection)
            proofs = [verify.on_made(detection.query, back, options), verify.on_logs(detection.query, back, logs, options)]
    except NotSaid as error:
        print(f"not verified: {error}", file=sys.stderr)
        return False
    for proof, where in zip(proofs, ("made events", "events of the logs"), strict=True):
        for line in _lines(proof, how, where):
            print(line, file=sys.stderr)
    return all(p.same for p in proofs)


def _lines(proof: Proof, how: str, where: str) -> Iterator[str]:
    said = f"of {proof.looked_at:,} {where} the query and its {how} find {proof.both:,}"
    yield f"verified: {said}" if proof.same else f"not verified: {said}, and differ:"
    yield from (f"  only the query finds {place}" for place in proof.only_query)
    yield from (f"  only the {how} finds {place}" for place in proof.only_other)
    if proof.assumed:
        yield f"  on {proof.assumed:,} more they differ because a path there has no folder, or slashes: Sigma's rule asks for `\\name`"


def _named(name: str, folders: Sequence[Path]) -> Detection:
    """A detection of the library, or the one of a Sigma rule file."""
    if not _is_rule(name):
        return all_detections(folders).find(name)
    from dohyo.sigma.load import detection

    found = _rules(Path(name))
    if len(found) != 1:
        raise UsageError(f"{name}: {len(found)} rules; --verify takes one")
    return detection(found[0])


def _is_rule(name: str) -> bool:
    return Path(name).suffix.lower() in (".yml", ".yaml") and Path(name).is_file()


def _rules(path: Path) -> list[Converted]:
    """The rules of a Sigma file, as queries."""
    from dohyo.sigma.cache import Cache
    from dohyo.sigma.load import load as load_rules

    found = load_rules([path], Cache(None))
    if found.broken:
        raise UsageError(found.broken[0])
    return found.rules


def _converted(name: str, target: str, folders: Sequence[Path]) -> str:
    from dohyo.sigma import out

    if _is_rule(name):
        return _of_rule(Path(name), target)
    detection: Detection = all_detections(folders).find(name)
    if target == "sumo":
        return detection.query
    return _translated([out.rule(detection)], target)


def _of_rule(path: Path, target: str) -> str:
    """The rules of a Sigma file."""
    """A Sigma rule file."""
    if target == "sumo":
        return "".join(r.query for r in _rules(path))
    from dohyo.sigma.documents import Unreadable, documents

    try:
        found = [d.data for d in documents(path.read_bytes())]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except Unreadable as error:
        raise UsageError(f"{path}{error.place}: {error}") from None
    if not found or not all(isinstance(d, dict) for d in found):
        raise UsageError(f"{path}: not a Sigma rule: a mapping is needed")
    return _translated(found, target)


def _translated(rules: list[dict[str, Any]], target: str) -> str:
    """Sigma rules for a platform; what is not said as the rules do goes to stderr."""
    from dohyo.sigma.platforms import translated

    if target == "sigma":
        return "---\n".join(map(_yaml, rules))
    text, notes = translated(rules, target)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return text


def _yaml(rule: object) -> str:
    return yaml.safe_dump(rule, sort_keys=False, allow_unicode=True, width=120)
