"""Gold queries whose LIMIT chooses among rows that their ORDER BY leaves tied.

There a correct prediction may return another of the tied rows, and fails to match by chance.
"""

import re
from pathlib import Path

from text2sql.scoring.execution.pool import SqlWorker

# The end of a query: ORDER BY, its expressions, LIMIT.
LIMITED = re.compile(
    r"(?P<order>\bORDER\s+BY\b(?:[^()]|\([^()]*\))*?)(?P<limit>\s+LIMIT\s+\d+\s*;?\s*)\Z",
    re.IGNORECASE,
)


def limit_depends_on_ties(worker: SqlWorker, database: Path, gold_sql: str) -> bool:
    """Return whether the rows within the LIMIT, or their order, depend on how ties are broken.

    Both directions of the first column are tried.
    """
    limited = LIMITED.search(gold_sql)
    if limited is None:
        return False
    ascending, descending = (
        f"{gold_sql[: limited.end('order')]}, 1 {direction}{limited['limit']}"
        for direction in ("ASC", "DESC")
    )
    first = worker.run_gold(database, ascending)
    if first.error:
        return False
    return not worker.compare(database, descending, first).distinct_kept.is_match
