"""Detections over logs that grow: files, standard input, Kafka; each alert once, over restarts too."""
