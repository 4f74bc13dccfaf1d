"""Sigma in and out. The only room that knows pySigma."""
