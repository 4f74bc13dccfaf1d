"""What can be wrong with an engine, for the user."""


class EngineError(Exception):
    """An engine cannot be used; says why, and what to do."""


class QueryFailed(Exception):
    """An engine could not run a statement; says why."""
