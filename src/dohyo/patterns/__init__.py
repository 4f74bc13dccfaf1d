"""Text patterns of the query language as pure functions: globs, anchors and regular expressions.

Nothing here runs a pattern; each function turns one spelling into another and says what is wrong with it and where.
"""
