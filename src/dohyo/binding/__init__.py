"""From what was written to what is meant: names resolved, types known, the dialect decided (spec §2)."""
