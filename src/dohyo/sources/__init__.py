"""Files and streams as raw records (readers) and as events with canonical names (shapes)."""
