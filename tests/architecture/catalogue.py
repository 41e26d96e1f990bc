"""What Alembic does not see, as lines of text: rights, policies, triggers, functions, row security, checks, indexes.

Owners' own rights are left out: they differ between versions of PostgreSQL.
"""

import re

import psycopg

_ACL = """coalesce((SELECT string_agg(g, ',' ORDER BY g) FROM (
    SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC') || '=' || a.privilege_type AS g
    FROM aclexplode({acl}) AS a WHERE a.grantee <> {owner}) AS rights), '')"""

_QUERIES = {
    "relation": f"""
        SELECT c.relname, c.relkind::text, c.relowner::regrole::text,
               c.relrowsecurity::text, c.relforcerowsecurity::text,
               coalesce(array_to_string(c.reloptions, ','), ''), {_ACL.format(acl="c.relacl", owner="c.relowner")},
               CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) ELSE '' END
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S', 'm', 'p')""",
    "column": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text, a.attidentity::text,
               coalesce(pg_get_expr(d.adbin, d.adrelid), ''), {_ACL.format(acl="a.attacl", owner="c.relowner")}
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "policy": """
        SELECT tablename, policyname, permissive, array_to_string(roles, ','), cmd, coalesce(qual, ''),
               coalesce(with_check, '')
        FROM pg_policies WHERE schemaname = 'public'""",
    "trigger": """
        SELECT c.relname, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace""",
    "function": f"""
        SELECT p.oid::regprocedure::text, p.proowner::regrole::text, {_ACL.format(acl="p.proacl", owner="p.proowner")},
               pg_get_functiondef(p.oid)
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace""",
    "constraint": """
        SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
        FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace AND c.contype <> 't' AND c.contype <> 'n'""",
    "index": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "schema": f"""
        SELECT n.nspname, {_ACL.format(acl="n.nspacl", owner="n.nspowner")}
        FROM pg_namespace n WHERE n.nspname = 'public'""",
}


def fingerprint(connection: psycopg.Connection, prefix: str) -> list[str]:
    """One line per object, roles named ``hub_...`` whatever their prefix, Alembic's own table left out."""
    lines = []
    for kind, query in _QUERIES.items():
        for row in connection.execute(query.encode()):
            line = f"{kind} " + " | ".join(row)
            if "alembic_version" not in line:
                lines.append(re.sub(rf"\b{prefix}_", "hub_", line))
    return sorted(lines)
