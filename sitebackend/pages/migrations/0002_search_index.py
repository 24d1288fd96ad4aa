"""The full-text index: a virtual table of SQLite, two expression indexes of PostgreSQL."""

from django.db import migrations

SQLITE = "CREATE VIRTUAL TABLE pages_search USING fts5(page UNINDEXED, title, words, prefix='3')"
POSTGRESQL = (
    "CREATE INDEX pages_search_{language} ON pages_page "
    "USING gin (to_tsvector('{configuration}'::regconfig, COALESCE(search_text, ''))) WHERE language = '{language}'"
)


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SQLITE)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL.format(language="de", configuration="german"))
        schema_editor.execute(POSTGRESQL.format(language="en", configuration="english"))


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE pages_search")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX pages_search_de, pages_search_en")


class Migration(migrations.Migration):
    dependencies = [("pages", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
