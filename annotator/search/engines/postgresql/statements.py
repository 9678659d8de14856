"""The statements of the engine: the tables, what is stored in them, and the search."""

from __future__ import annotations

from collections.abc import Mapping

from annotator.search.engine import FACET_VALUES
from annotator.search.engines.pages import PageRequest
from annotator.search.engines.postgresql.conditions import RECORDS, Sql, by_score, condition, scores
from annotator.search.engines.postgresql.rows import COLUMNS
from annotator.search.nodes import Prefix, WordsNode

INDEX, VALUES = "search_index", "search_values"
SCORE_UNIT = 1_000_000  # scores are compared as whole numbers
SETTINGS = (  # of every connection: the index answers, and no search takes longer than it may
    "SET enable_seqscan = off; SET enable_nestloop = off; SET jit = off; SET work_mem = '32MB'; "
    "SET max_parallel_workers_per_gather = 0; SET plan_cache_mode = force_generic_plan; "
    "SET statement_timeout = {}"
)
ORDERS: dict[str, tuple[str, ...]] = {
    "relevance": ("-score", "-created", "key"),
    "newest": ("-created", "key"),
    "oldest": ("created", "key"),
    "place": ("document", "start", "key"),
}
LOADED_TYPES = {"tags": "bigint[]", "vector": "tsvector"}  # of what is sent as text
CREATE = f"""
    CREATE TABLE {RECORDS}_new ({", ".join(map(" ".join, COLUMNS.items()))})
        WITH (toast_tuple_target = 256);
    ALTER TABLE {RECORDS}_new ALTER vector SET STATISTICS 0, ALTER vector SET STORAGE EXTERNAL,
        ALTER words SET STATISTICS 0, ALTER words SET STORAGE EXTERNAL,
        ALTER texts SET STATISTICS 0, ALTER pairs SET STORAGE PLAIN, ALTER tags SET STORAGE PLAIN;
    CREATE TABLE {VALUES}_new (id bigint, number int, field text NOT NULL,
        folded text COLLATE "C" NOT NULL, value text COLLATE "C" NOT NULL,
        PRIMARY KEY (id, number));
    CREATE TABLE IF NOT EXISTS {INDEX} (id int PRIMARY KEY, format int NOT NULL,
        floor bigint NOT NULL, tidied timestamptz NOT NULL DEFAULT now());
"""
PUT_IN_FORCE = f"""
    DROP TABLE IF EXISTS {RECORDS}, {VALUES};
    ALTER TABLE {RECORDS}_new RENAME TO {RECORDS};
    ALTER TABLE {VALUES}_new RENAME TO {VALUES};
"""
COUNT = f"SELECT count(*) FROM {RECORDS} WHERE revision IS NOT NULL"
PREPARE = f"""
    SET LOCAL maintenance_work_mem = '256MB';
    CREATE INDEX ON {RECORDS}_new USING gin (vector) WITH (fastupdate = off);
    ANALYZE {RECORDS}_new
"""
REPLACED = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
# Changes that were applied to the old tables since the view that a rebuild has read.
REPLAY = (
    f"INSERT INTO {VALUES}_new SELECT * FROM {VALUES} ON CONFLICT DO NOTHING",
    f"INSERT INTO {RECORDS}_new AS new SELECT * FROM {RECORDS} WHERE version > {{floor}} "
    f"ON CONFLICT (key) DO UPDATE SET {REPLACED} WHERE new.version <= excluded.version",
)
UNUSED_VALUES = f"""
    DELETE FROM {VALUES} WHERE id NOT IN (
        SELECT place FROM {RECORDS} UNION ALL SELECT author FROM {RECORDS}
        UNION ALL SELECT unnest(tags) FROM {RECORDS})
"""
SENT = {name: "text" if name in LOADED_TYPES else kind.split()[0] for name, kind in COLUMNS.items()}
STORE = f"""
    INSERT INTO {RECORDS} AS old
    SELECT {", ".join(f"{name}::{LOADED_TYPES.get(name, kind)}" for name, kind in SENT.items())}
    FROM unnest({", ".join(f"%s::{kind}[]" for kind in SENT.values())}) AS new ({", ".join(SENT)})
    ON CONFLICT (key) DO UPDATE SET {REPLACED} WHERE old.version <= excluded.version
"""
STORE_VALUES = f"""
    INSERT INTO {VALUES}
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[])
    ON CONFLICT DO NOTHING
"""
# One pass over the hits for the total, the page and the facets; only what these need of a hit is
# kept. Rows are (part, two texts, three numbers, texts of a record).
SEARCH = """
    WITH {scores} hits AS MATERIALIZED ({hits}), page AS (
        SELECT * FROM hits WHERE {after} ORDER BY {order} LIMIT %s
    ) {facets}
    SELECT 0, '', '', count(*), 0, 0, ''::bytea FROM hits
    UNION ALL SELECT 1, key, {shown}, score, {texts} FROM page
    {counted}
"""
HITS = f"""
    SELECT {{columns}}, {{score}} AS score, place, author, tags
    FROM {RECORDS} {{join}} WHERE {{condition}}
"""
FACETS_OF_HITS = f"""
    , counted AS (
        SELECT field, folded, min(value) AS value, sum(hits)::bigint AS hits
        FROM (
            SELECT coalesce(place, author) AS id, count(*) AS hits FROM hits
                GROUP BY GROUPING SETS (place, author)
            UNION ALL SELECT unnest(tags), count(*) FROM hits GROUP BY 1
        ) AS each JOIN {VALUES} USING (id) GROUP BY 1, 2
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY field ORDER BY hits DESC, value) AS rank
        FROM counted
    )
"""
COUNTED = f"""
    UNION ALL SELECT 2, field, value, hits, rank, 0, '' FROM ranked WHERE rank <= {FACET_VALUES}
"""


def search_statement(request: PageRequest, weights: Mapping[WordsNode | Prefix, float]) -> Sql:
    """Return the statement for one page; its rows are those of SEARCH."""
    root, sort, after = request.root, request.sort, request.start.place
    by_place = sort == "place"
    columns = "key, document, start" if by_place else "key, created"
    order, scored, join, more = ORDERS[sort], "", "", "0"
    further: list[Sql] = []
    parts = [(condition(root), Sql("0"))]
    if same := by_score(root, weights):
        parts = [(found, Sql(points)) for found, points in same]
    elif weights:
        score, further = scores(root, weights)
        parts = [(condition(root), score)]
    if further:
        branches = " UNION ALL ".join(each.text for each in further)
        scored = (
            f"scores AS (SELECT at, sum(points) AS more FROM ({branches}) AS each GROUP BY at),"
        )
        more = "coalesce(more, 0)"
        join = f"LEFT JOIN scores ON at = {RECORDS}.ctid"
    hits = " UNION ALL ".join(
        HITS.format(
            columns=columns,
            score=f"round({SCORE_UNIT} * ({score.text} + {more})::float8)::bigint",
            join=join,
            condition=found.text,
        )
        for found, score in parts
    )
    text = SEARCH.format(
        scores=scored,
        hits=hits,
        after=f"({', '.join(order)}) > ({', '.join(['%s'] * len(order))})" if after else "true",
        order=", ".join(order),
        shown="document, start, 0" if by_place else "'', 0, created",
        texts=f"(SELECT texts FROM {RECORDS} AS r WHERE r.key = page.key)"
        if request.snippets
        else "''",
        facets=FACETS_OF_HITS if request.facets else "",
        counted=COUNTED if request.facets else "",
    )
    parameters = [value for each in further for value in each.parameters]
    for found, score in parts:
        parameters += [*score.parameters, *found.parameters]
    return Sql(text, (*parameters, *(after or ()), request.number))
