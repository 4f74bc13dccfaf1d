"""Engines run plans. One folder each; ``base.py`` says what an engine is, ``sql.py`` writes a plan as one statement."""
