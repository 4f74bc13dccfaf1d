"""Local tables: what ``lookup``, ``cat``, ``save``, ``geoip`` and the threat operators read. Nothing is ever fetched."""
