"""One folder in Spider's layout for a split whose databases are in several folders.

Spider-DK comes with its new databases alone; its other questions ask Spider's own.
"""

from collections.abc import Mapping
from pathlib import Path

from text2sql.data.spider import database_path
from text2sql.data.spider_splits import SPIDER_FILES, SchemaSource, source_in
from text2sql.errors import UserError
from text2sql.files import make_folder, read_json, write_json


def merged_source(sources: Mapping[str, SchemaSource], folder: Path) -> SchemaSource:
    """Return where schemas and databases are: their one source, or `folder`, which merges them."""
    if len(set(sources.values())) == 1:
        return next(iter(sources.values()))
    return source_in(folder, "validation")


def write_merged_source(sources: Mapping[str, SchemaSource], folder: Path) -> None:
    """Write the schemas into `folder`, and links to the folder of each database."""
    files = SPIDER_FILES["validation"]
    entries = {
        source: {entry["db_id"]: entry for entry in read_json(source.tables_path)}
        for source in set(sources.values())
    }
    make_folder(folder / files.databases)
    write_json(folder / files.tables, [entries[source][db_id] for db_id, source in sources.items()])
    for db_id, source in sources.items():
        link = folder / files.databases / db_id
        try:
            link.symlink_to(database_path(source.database_dir, db_id).parent.resolve())
        except OSError as error:
            raise UserError(
                f"{link} cannot link to {source.database_dir / db_id} ({error.strerror}). "
                "Choose an --output_dir on a file system with symbolic links."
            ) from error
