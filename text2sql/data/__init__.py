"""Spider: examples, schemas and databases from a folder, the official archive or the hub."""
