"""Logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from dohyo.cli.pages import Group
from dohyo.cli.parameters import OUTPUT, PLACE, argument, formats, option, paths, shared

commands = Group()


@commands.command()
@paths
@option("--store", type=PLACE, metavar="DIR", help="The store: a folder, or s3://, gs://, az:// … with dohyo[cloud]. It is made if "
        "it is not there.")
@shared("source_category")
@option("--retain", help="Afterwards remove events older than this, such as 90d.")
@shared("threads", "quiet", "verbose")
def ingest(
    paths: Sequence[str], store: str | None, source_category: str | None, retain: str | None, threads: int | None, quiet: bool,
    verbose: bool,
) -> None:  # fmt: skip
    """Put logs into a store, to hunt them more than once: shaped, sorted Parquet. What is there already is not read again.

    Example: dohyo ingest logs/ --store hunts && dohyo hunt hunts --since -24h
    """
    from dohyo.cli.early import new_early
    from dohyo.memory import keep_memory

    keep_memory()
    with new_early(paths, store) as found:
        from dohyo.cli.commands.store import ingest_logs

        ingest_logs(paths, store, source_category, retain, threads, quiet, verbose, found)


@commands.command()
@argument("out", "File to write (.ndjson .json .csv .parquet, also .gz .zst); default: stdout.", required=False, type=OUTPUT)
@option("--events", "-n", type=click.IntRange(min=0), default=10_000, help="How many events.")
@option("--seed", type=int, default=0, help="The same seed gives the same bytes.")
@option("--attack-rate", type=click.FloatRange(min=0.0, max=0.5), default=0.005, help="Share of events that belong to attacks.")
@option("--shape", default="flat", help="The form of the events: flat, flat-nxlog, winlogbeat6, ecs, azure, …")
@option("--hosts", type=click.IntRange(min=1), default=40, help="How many hosts.")
def sample(out: Path | None, events: int, seed: int, attack_rate: float, shape: str, hosts: int) -> None:
    """Write realistic Windows telemetry with attacks mixed in; OUT.labels.ndjson says which records they are."""
    from dohyo.cli.commands.sample import run

    run(out, events, seed, attack_rate, shape, hosts)


@commands.group(cls=Group)
def store() -> None:
    """Look after a store: what is in it, fewer and larger files, old events away."""


_root = argument("root", "The store: a folder or a URL.", type=PLACE, metavar="DIR")


@store.command()
@_root
@formats("table", "json")
def info(root: str, format: str) -> None:
    """Say what a store holds: events by day and category, files, logs that were read."""
    from dohyo.cli.commands.store import tell

    tell(root, format)


@store.command()
@_root
@shared("threads", "quiet")
def compact(root: str, threads: int | None, quiet: bool) -> None:
    """Merge small files of a day and category, and remove what writers that were killed left behind."""
    from dohyo.cli.commands.store import merge

    merge(root, threads, quiet)


@store.command()
@_root
@argument("age", "Such as 90d or 12w.")
@shared("quiet")
def retain(root: str, age: str, quiet: bool) -> None:
    """Remove the events of days that are older than this."""
    from dohyo.cli.commands.store import forget

    forget(root, age, quiet)
