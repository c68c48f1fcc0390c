-- Version 1. {schema} stands for the quoted name of the schema, {schema_text} for its name as a literal.

CREATE TABLE {schema}.meta (name text PRIMARY KEY, value text NOT NULL);

-- Where each partition ends, and the segment that it is writing to. Its row is its lock: who assigns sequences holds it until the records are committed,
-- so that they become visible in ascending order. Mostly empty pages keep the updates on their page.
CREATE TABLE {schema}.heads (
    topic smallint, partition integer, head bigint NOT NULL, received_ms bigint NOT NULL, segment bigint NOT NULL,
    PRIMARY KEY (topic, partition)) WITH (fillfactor = 10);

-- A segment is a table of records, <topic>_<segment>: dropped as a whole. "before" has, for each partition, the last sequence before it.
CREATE TABLE {schema}.segments (
    topic smallint, segment bigint, opened_ms bigint NOT NULL, before_ms bigint NOT NULL, before bigint[] NOT NULL, dropped boolean NOT NULL,
    PRIMARY KEY (topic, segment));

-- The last group that each writer had committed, and its answer: who lost an answer asks again.
CREATE TABLE {schema}.writers (
    writer uuid PRIMARY KEY, at_ms bigint NOT NULL, group_number bigint NOT NULL, before bigint[], received_ms bigint[], kept boolean[]) WITH (fillfactor = 50);

CREATE TABLE {schema}.snapshots (
    topic smallint, partition integer, key text COLLATE "C", position bigint NOT NULL, version bigint NOT NULL, payload bytea NOT NULL,
    PRIMARY KEY (topic, partition, key)) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE {schema}.snapshots ALTER payload SET STORAGE EXTERNAL;

CREATE TABLE {schema}.checkpoints (
    topic smallint, partition integer, position bigint NOT NULL, floor bigint NOT NULL, state bytea NOT NULL, beat_ms bigint NOT NULL,
    PRIMARY KEY (topic, partition)) WITH (fillfactor = 50);

CREATE FUNCTION {schema}.segment_table(p_topic smallint, p_segment bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_topic WHEN 1 THEN 'reports_' ELSE 'events_' END || p_segment
$$;

-- Makes the table of a segment where it is missing. It is never changed and never read in whole, and goes as a whole: there is nothing to vacuum or analyse.
CREATE FUNCTION {schema}.prepare_segment(p_topic smallint, p_segment bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_table text := {schema}.segment_table(p_topic, p_segment);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('segments of ' || {schema_text}, 0));
    IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {schema_text} AND c.relname = v_table) THEN
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TABLE {schema}.%1$I (
            sequence bigint NOT NULL, received_ms bigint NOT NULL, term bigint NOT NULL, partition integer NOT NULL, key text COLLATE "C" NOT NULL,
            payload bytea NOT NULL, PRIMARY KEY (partition, sequence)) WITH (autovacuum_enabled = false);
        ALTER TABLE {schema}.%1$I ALTER payload SET STORAGE EXTERNAL;
        CREATE INDEX ON {schema}.%1$I (term, sequence)', v_table);
END $$;

-- Opens the segment after the one that is expected to be open. Holds every partition of the topic, so that it begins at the same place for all.
CREATE FUNCTION {schema}.roll(p_topic smallint, p_segment bigint, p_now bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {schema}.heads WHERE topic = p_topic ORDER BY partition FOR UPDATE;
    IF (SELECT max(segment) FROM {schema}.heads WHERE topic = p_topic) <> p_segment THEN
        RETURN;
    END IF;
    PERFORM {schema}.prepare_segment(p_topic, p_segment + 1);
    INSERT INTO {schema}.segments
        SELECT p_topic, p_segment + 1, p_now, max(received_ms), array_agg(head ORDER BY partition), false FROM {schema}.heads WHERE topic = p_topic;
    UPDATE {schema}.heads SET segment = p_segment + 1 WHERE topic = p_topic;
END $$;

-- Writes a group, all that a writer had waiting, in one call: so the partitions are held for as long as the server takes, not for as long as the caller
-- does, who may stop in the middle. Called again with the same number, it answers as it did and writes nothing.
--   p_*  the partitions that are written to, ascending, and how many reports each gets
--   r_*  reports; the ordinal is the record's place among those of its partition in the group, from 1
--   e_*  events, in order; those of a commit (its place in c_*, 0: of none) are written only if it is kept
--   c_*  commits, ordered by partition and key: the snapshot, and the version that it follows
CREATE FUNCTION {schema}.write_group(
    p_writer uuid, p_group bigint, p_now bigint, p_topics smallint[], p_partitions integer[], p_counts integer[],
    r_partitions integer[], r_ordinals integer[], r_terms bigint[], r_keys text[], r_payloads bytea[],
    e_partitions integer[], e_commits integer[], e_terms bigint[], e_keys text[], e_payloads bytea[],
    c_partitions integer[], c_keys text[], c_expected bigint[], c_positions bigint[], c_versions bigint[], c_payloads bytea[],
    OUT o_before bigint[], OUT o_received_ms bigint[], OUT o_kept boolean[], OUT o_segments bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    v_last bigint;
    v_commit record;
BEGIN
    SELECT w.group_number, w.before, w.received_ms, w.kept INTO v_last, o_before, o_received_ms, o_kept
        FROM {schema}.writers w WHERE w.writer = p_writer FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO {schema}.writers VALUES (p_writer, p_now, 0) ON CONFLICT DO NOTHING;
        SELECT w.group_number, w.before, w.received_ms, w.kept INTO v_last, o_before, o_received_ms, o_kept
            FROM {schema}.writers w WHERE w.writer = p_writer FOR UPDATE;
    END IF;
    o_segments := '{}';
    IF v_last = p_group THEN
        RETURN;
    ELSIF v_last > p_group THEN
        -- Given up by its writer long ago, and only now here.
        RAISE EXCEPTION 'group % of writer % comes after group %', p_group, p_writer, v_last USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    -- In one order for all, so that no two wait for one another.
    SELECT array_agg(l.head), array_agg(greatest(l.received_ms, p_now)) INTO o_before, o_received_ms FROM (
        SELECT h.head, h.received_ms FROM {schema}.heads h JOIN unnest(p_topics, p_partitions) w(topic, partition) USING (topic, partition)
        ORDER BY h.topic, h.partition FOR UPDATE OF h) l;

    o_kept := '{}';
    FOR v_commit IN SELECT * FROM unnest(c_partitions, c_keys, c_expected, c_positions, c_versions, c_payloads) c(partition, key, expected, position, version, payload) LOOP
        IF v_commit.expected = 0 THEN
            INSERT INTO {schema}.snapshots AS s VALUES (1, v_commit.partition, v_commit.key, v_commit.position, v_commit.version, v_commit.payload)
                ON CONFLICT (topic, partition, key) DO UPDATE SET position = excluded.position, version = excluded.version, payload = excluded.payload
                WHERE s.version = 0;
        ELSE
            UPDATE {schema}.snapshots s SET position = v_commit.position, version = v_commit.version, payload = v_commit.payload
                WHERE s.topic = 1 AND s.partition = v_commit.partition AND s.key = v_commit.key AND s.version = v_commit.expected;
        END IF;
        o_kept := o_kept || FOUND;
    END LOOP;

    IF cardinality(r_partitions) > 0 THEN
        EXECUTE format(
            'INSERT INTO {schema}.%I (sequence, received_ms, term, partition, key, payload)
            SELECT h.head + r.ordinal, greatest(h.received_ms, $6), r.term, r.partition, r.key, r.payload
            FROM unnest($1, $2, $3, $4, $5) r(partition, ordinal, term, key, payload) JOIN {schema}.heads h ON h.topic = 1 AND h.partition = r.partition',
            {schema}.segment_table(1::smallint, (SELECT segment FROM {schema}.heads WHERE topic = 1 AND partition = r_partitions[1])))
            USING r_partitions, r_ordinals, r_terms, r_keys, r_payloads, p_now;
        UPDATE {schema}.heads h SET head = h.head + w.records, received_ms = greatest(h.received_ms, p_now)
            FROM unnest(p_topics, p_partitions, p_counts) w(topic, partition, records) WHERE h.topic = 1 AND w.topic = 1 AND h.partition = w.partition;
    END IF;

    IF cardinality(e_partitions) > 0 THEN
        EXECUTE format(
            'INSERT INTO {schema}.%I (sequence, received_ms, term, partition, key, payload)
            SELECT h.head + row_number() OVER (PARTITION BY e.partition ORDER BY e.n), greatest(h.received_ms, $6), e.term, e.partition, e.key, e.payload
            FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY e(partition, commit, term, key, payload, n)
            JOIN {schema}.heads h ON h.topic = 2 AND h.partition = e.partition WHERE e.commit = 0 OR ($7)[e.commit]',
            {schema}.segment_table(2::smallint, (SELECT segment FROM {schema}.heads WHERE topic = 2 AND partition = e_partitions[1])))
            USING e_partitions, e_commits, e_terms, e_keys, e_payloads, p_now, o_kept;
        UPDATE {schema}.heads h SET head = h.head + w.records, received_ms = greatest(h.received_ms, p_now)
            FROM (SELECT e.partition, count(*) AS records FROM unnest(e_partitions, e_commits) e(partition, commit)
                WHERE e.commit = 0 OR o_kept[e.commit] GROUP BY e.partition) w
            WHERE h.topic = 2 AND h.partition = w.partition;
    END IF;

    UPDATE {schema}.writers w SET at_ms = p_now, group_number = p_group, before = o_before, received_ms = o_received_ms, kept = o_kept WHERE w.writer = p_writer;

    SELECT array_agg(x ORDER BY t.topic, n) INTO o_segments FROM (
        SELECT h.topic, max(h.segment) AS segment, sum(h.head)::bigint AS heads FROM {schema}.heads h WHERE h.topic = ANY (p_topics) GROUP BY h.topic) t
        JOIN {schema}.segments s ON s.topic = t.topic AND s.segment = t.segment
        CROSS JOIN LATERAL unnest(ARRAY[t.topic, t.segment, t.heads - (SELECT sum(b)::bigint FROM unnest(s.before) b), s.opened_ms]) WITH ORDINALITY u(x, n);
END $$;

-- Tells the other processes where these partitions end.
CREATE FUNCTION {schema}.tell(p_channel text, p_topics smallint[], p_partitions integer[]) RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify(p_channel, t.heads) FROM (
        SELECT string_agg(h.topic || ':' || h.partition || ':' || h.head, ' ') AS heads
        FROM {schema}.heads h JOIN unnest(p_topics, p_partitions) w(topic, partition) USING (topic, partition) GROUP BY h.topic, h.partition / 200) t
$$;

-- The reads are each one statement on one snapshot: what they find of the segments is all there, or a table is gone and they fail whole.
CREATE FUNCTION {schema}.read(
    p_topic smallint, p_partition integer, p_after bigint, p_most integer, p_bytes bigint,
    OUT o_sequence bigint, OUT o_received_ms bigint, OUT o_key text, OUT o_payload bytea) RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_segment record;
    v_records integer := 0;
    v_bytes bigint := 0;
BEGIN
    FOR v_segment IN
        SELECT s.segment, lead(s.before[p_partition + 1]) OVER (ORDER BY s.segment) AS last FROM {schema}.segments s WHERE s.topic = p_topic AND NOT s.dropped ORDER BY s.segment
    LOOP
        CONTINUE WHEN v_segment.last <= p_after;
        FOR o_sequence, o_received_ms, o_key, o_payload IN EXECUTE format(
            'SELECT sequence, received_ms, key, payload FROM {schema}.%I WHERE partition = $1 AND sequence > $2 ORDER BY sequence LIMIT $3',
            {schema}.segment_table(p_topic, v_segment.segment)) USING p_partition, p_after, p_most - v_records
        LOOP
            v_bytes := v_bytes + octet_length(o_payload);
            IF v_records > 0 AND v_bytes > p_bytes THEN
                RETURN;
            END IF;
            v_records := v_records + 1;
            RETURN NEXT;
        END LOOP;
        EXIT WHEN v_records >= p_most;
    END LOOP;
END $$;

CREATE FUNCTION {schema}.read_keys(
    p_topic smallint, p_partition integer, p_terms bigint[], p_afters bigint[],
    OUT o_sequence bigint, OUT o_received_ms bigint, OUT o_key text, OUT o_payload bytea) RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_segment record;
    v_after bigint := (SELECT min(a) FROM unnest(p_afters) a);
BEGIN
    FOR v_segment IN
        SELECT s.segment, lead(s.before[p_partition + 1]) OVER (ORDER BY s.segment) AS last FROM {schema}.segments s WHERE s.topic = p_topic AND NOT s.dropped ORDER BY s.segment
    LOOP
        CONTINUE WHEN v_segment.last <= v_after;
        -- OFFSET 0 keeps it a look-up for each key, and + 0 keeps it to the index by term: of two indexes the planner, without statistics, may take the wrong one.
        RETURN QUERY EXECUTE format(
            'SELECT r.sequence, r.received_ms, r.key, r.payload FROM unnest($1, $2) w(term, after) CROSS JOIN LATERAL (
                SELECT * FROM {schema}.%I r WHERE r.term = w.term AND r.sequence > w.after AND r.partition + 0 = $3 ORDER BY r.sequence OFFSET 0) r',
            {schema}.segment_table(p_topic, v_segment.segment)) USING p_terms, p_afters, p_partition;
    END LOOP;
END $$;

CREATE FUNCTION {schema}.read_key_backwards(
    p_topic smallint, p_partition integer, p_term bigint, p_key text, p_before bigint, p_most integer,
    OUT o_sequence bigint, OUT o_received_ms bigint, OUT o_key text, OUT o_payload bytea) RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_segment record;
    v_records integer;
    v_most integer := p_most;
BEGIN
    FOR v_segment IN
        SELECT s.segment, s.before[p_partition + 1] AS before FROM {schema}.segments s WHERE s.topic = p_topic AND NOT s.dropped ORDER BY s.segment DESC
    LOOP
        CONTINUE WHEN v_segment.before >= p_before - 1;
        RETURN QUERY EXECUTE format(
            'SELECT r.sequence, r.received_ms, r.key, r.payload FROM {schema}.%I r
            WHERE r.term = $1 AND r.sequence < $2 AND r.partition + 0 = $3 AND r.key = $4 ORDER BY r.sequence DESC LIMIT $5',
            {schema}.segment_table(p_topic, v_segment.segment)) USING p_term, p_before, p_partition, p_key, v_most;
        GET DIAGNOSTICS v_records = ROW_COUNT;
        v_most := v_most - v_records;
        EXIT WHEN v_most <= 0;
    END LOOP;
END $$;

-- Gives up the segments whose records are all older and covered by checkpoints. Answers how many; their tables go by drop_segment.
CREATE FUNCTION {schema}.trim(p_topic smallint, p_before_ms bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_segment record;
    v_dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('segments of ' || {schema_text}, 0));
    FOR v_segment IN
        SELECT s.segment, s.before, lead(s.before) OVER (ORDER BY s.segment) AS last, lead(s.before_ms) OVER (ORDER BY s.segment) AS last_ms
        FROM {schema}.segments s WHERE s.topic = p_topic AND NOT s.dropped ORDER BY s.segment
    LOOP
        EXIT WHEN v_segment.last IS NULL OR v_segment.last_ms >= p_before_ms OR EXISTS (
            SELECT FROM unnest(v_segment.before, v_segment.last) WITH ORDINALITY b(before, last, n)
            LEFT JOIN {schema}.checkpoints c ON c.topic = p_topic AND c.partition = b.n - 1
            WHERE b.last > b.before AND b.last > coalesce(least(c.position, c.floor), 0));
        UPDATE {schema}.segments s SET dropped = true WHERE s.topic = p_topic AND s.segment = v_segment.segment;
        v_dropped := v_dropped + 1;
    END LOOP;
    RETURN v_dropped;
END $$;

-- Waits little for those who read it, a dump perhaps: whoever came after would wait for it.
CREATE FUNCTION {schema}.drop_segment(p_topic smallint, p_segment bigint) RETURNS void LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS {schema}.%I', {schema}.segment_table(p_topic, p_segment));
    DELETE FROM {schema}.segments WHERE topic = p_topic AND segment = p_segment AND dropped;
END $$;
