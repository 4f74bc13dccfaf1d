"""Logs that are hunted more than once: shaped events as Parquet files, with a log of commits that says which of them are
there and which logs they were made of. See docs/store.md and ARCHITECTURE.md."""
