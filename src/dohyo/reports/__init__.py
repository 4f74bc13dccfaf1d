"""Alerts and checks → the pages and documents that other tools read, one kind a file."""
