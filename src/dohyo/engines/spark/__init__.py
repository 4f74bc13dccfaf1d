"""Runs plans through Spark Connect: on Apache Spark, on Databricks and on Sail."""
