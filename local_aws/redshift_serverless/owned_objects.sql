-- Statements that make %(role)s the owner of what the current user owns in this database, outside of the system's schemas.
WITH own_schemas AS (
    SELECT oid, nspname, nspowner
    FROM pg_namespace
    WHERE nspname <> ALL (ARRAY['information_schema', 'redshift_system']) AND nspname !~ '^pg_'
),

own AS (SELECT oid AS user_id FROM pg_roles WHERE rolname = current_user),

-- Members of extensions and sequences of columns follow what they belong to.
dependent AS (
    SELECT classid, objid FROM pg_depend WHERE deptype IN ('e', 'a', 'i')
)

SELECT format('ALTER SCHEMA %%I OWNER TO %%I', s.nspname, %(role)s::text)
FROM own_schemas AS s
INNER JOIN own ON s.nspowner = own.user_id
WHERE s.nspname <> 'public'
UNION ALL
SELECT format('ALTER TABLE %%s OWNER TO %%I', c.oid::regclass, %(role)s::text)
FROM pg_class AS c
INNER JOIN own_schemas AS s ON c.relnamespace = s.oid
INNER JOIN own ON c.relowner = own.user_id
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    AND (c.relkind <> 'S' OR NOT EXISTS (
        SELECT 1 FROM dependent AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    ))
UNION ALL
SELECT format('ALTER ROUTINE %%s OWNER TO %%I', p.oid::regprocedure, %(role)s::text)
FROM pg_proc AS p
INNER JOIN own_schemas AS s ON p.pronamespace = s.oid
INNER JOIN own ON p.proowner = own.user_id
WHERE NOT EXISTS (SELECT 1 FROM dependent AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid);
