"""``dohyo convert``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer
import yaml

from dohyo.cli.errors import CHECK_FAILED, UsageError, shown
from dohyo.cli.options import one_of
from dohyo.compile import compile_query
from dohyo.detections.load import load
from dohyo.detections.model import Detection
from dohyo.engines.plain_sql import NoSql, dialects, plain_sql


def run(name: str, target: str, folders: Sequence[Path], output: Path | None, logs: Sequence[str] = ()) -> None:
    """Writes a detection, or a Sigma rule, in another language; with ``logs`` it is proved on them."""
    with shown():
        from dohyo.sigma.notsaid import NotSaid
        from dohyo.sigma.platforms import PLATFORMS, convert

        if not _is_sql(target):
            one_of("--to", target, ("sigma", "sumo", "sql", *PLATFORMS))
        try:
            text = _sql(name, target, folders) if _is_sql(target) else _converted(name, target, folders, convert)
        except (NotSaid, NoSql) as error:
            print(f"error: {name} cannot be converted to {target}: {error}", file=sys.stderr)
            raise typer.Exit(CHECK_FAILED) from None
        if output is None:
            sys.stdout.write(text)
        else:
            output.write_text(text, "utf-8")
        if logs and not _proved(load(folders).find(name), logs):
            raise typer.Exit(CHECK_FAILED)


def _is_sql(target: str) -> bool:
    """True for ``sql`` and ``sql:DIALECT``; a dialect that is not known is refused."""
    kind, _, dialect = target.partition(":")
    if kind == "sql" and dialect:
        one_of("the dialect of sql:", dialect, dialects())
    return kind == "sql"


def _sql(name: str, target: str, folders: Sequence[Path]) -> str:
    """Plain SQL, made from Dohyo's own compiled plan."""
    query = _converted(name, "sumo", folders, None)
    compiled = compile_query(query, name)
    return plain_sql(compiled.plan, compiled.fields, target.partition(":")[2] or "duckdb")


def _proved(detection: Detection, logs: Sequence[str]) -> bool:
    """Tells where the detection and its round trip differ; true when they do not."""
    from dohyo.run import RunOptions
    from dohyo.sigma.verify import verify

    proof = verify(detection, logs, RunOptions())
    print(f"verified: both find {proof.both:,} events" + ("" if proof.same else ", and differ:"), file=sys.stderr)
    for place in proof.only_query:
        print(f"  only the query finds {place}", file=sys.stderr)
    for place in proof.only_sigma:
        print(f"  only the Sigma rule finds {place}", file=sys.stderr)
    return proof.same


def _converted(name: str, target: str, folders: Sequence[Path], convert: object) -> str:
    from dohyo.sigma import out

    if Path(name).suffix.lower() in (".yml", ".yaml") and Path(name).is_file():
        return _of_rule(Path(name), target, convert)
    detection: Detection = load(folders).find(name)
    if target == "sumo":
        return detection.query
    rule = out.rule(detection)
    return _yaml(rule) if target == "sigma" else convert(rule, target)  # type: ignore[operator]  # a function


def _of_rule(path: Path, target: str, convert: object) -> str:
    """A Sigma rule file."""
    if target == "sumo":
        from dohyo.sigma.cache import Cache
        from dohyo.sigma.load import load as load_rules

        found = load_rules([path], Cache(None))
        if found.broken:
            raise UsageError(found.broken[0])
        return "".join(r.query for r in found.rules)
    try:
        rule = yaml.safe_load(path.read_text("utf-8-sig"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None
    return _yaml(rule) if target == "sigma" else convert(rule, target)  # type: ignore[operator]  # a function


def _yaml(rule: object) -> str:
    return yaml.safe_dump(rule, sort_keys=False, allow_unicode=True, width=120)
