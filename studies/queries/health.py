"""Whether this process can serve: its database is there and migrated."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def database_problem() -> str:
    """One sentence; empty where all is well."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "The database cannot be reached."
    if missing:
        return f"The database lacks {len(missing)} migrations: run `manage.py migrate`."
    return ""
