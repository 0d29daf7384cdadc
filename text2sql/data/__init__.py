"""Spider: examples, schemas and database files, from a folder, the official archive or the hub."""
