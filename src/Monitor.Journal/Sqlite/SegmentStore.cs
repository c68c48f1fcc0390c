namespace Monitor.Journal.Sqlite;

/// <summary>Brings the topics back from the file when it is opened.</summary>
internal static class SegmentStore
{
    /// <summary>The last sequence and time of receipt of each partition before a segment, as stored with it.</summary>
    public static byte[] EncodeBefore(Segment segment)
    {
        var bytes = new byte[segment.Before.Length * 2 * Varint.MostBytes];
        var length = 0;
        for (var partition = 0; partition < segment.Before.Length; partition++)
        {
            length += Varint.Write(bytes.AsSpan(length), (ulong)segment.Before[partition]);
            length += Varint.Write(bytes.AsSpan(length), (ulong)segment.BeforeMs[partition]);
        }
        return bytes[..length];
    }

    /// <summary>Loads the kept segments of a topic, with the index of those that have none in the file, and restores its partitions.</summary>
    /// <param name="unindexed">Sealed, with their index still to be stored.</param>
    /// <param name="dropped">Their rows are still to be deleted. Oldest first.</param>
    public static void Load(Database database, TopicLog log, List<Segment> unindexed, List<Segment> dropped)
    {
        var kept = new List<Segment>();
        Segment? previous = null;
        using (var select = database.Prepare("SELECT segment, state, first_batch, before FROM segments WHERE topic = ?1 ORDER BY segment"))
        {
            select.Bind(1, (int)log.Topic);
            while (select.Step())
            {
                var segment = Decode(select, log);
                previous?.Seal(segment);
                previous = segment;
                var state = (int)select.Int64(1);
                if (state == Schema.Dropped) dropped.Add(segment);
                else kept.Add(segment);
                if (state == Schema.Unindexed) segment.Index = new SegmentIndex();
            }
        }
        foreach (var dead in dropped) dead.Dropped = true;
        log.Segments = [.. kept];
        if (kept.Count == 0) return;
        log.LastBatch = log.Open.FirstBatch - 1;
        for (var partition = 0; partition < log.Partitions.Length; partition++)
            log.Partitions[partition].Restore(log.Open.Before[partition], log.Open.BeforeMs[partition]);
        foreach (var segment in kept.Where(segment => segment.Index is not null))
        {
            Rebuild(database, log, segment);
            if (segment != log.Open) unindexed.Add(segment);
        }
    }

    private static Segment Decode(Statement row, TopicLog log)
    {
        var (before, beforeMs) = (new long[log.Partitions.Length], new long[log.Partitions.Length]);
        var bytes = row.Blob(3);
        for (int partition = 0, at = 0; partition < before.Length; partition++)
        {
            before[partition] = (long)Varint.Read(bytes, ref at);
            beforeMs[partition] = (long)Varint.Read(bytes, ref at);
        }
        return new(row.Int64(0), log.Topic, row.Int64(2), before, beforeMs);
    }

    private static void Rebuild(Database database, TopicLog log, Segment segment)
    {
        var open = segment == log.Open;
        using var select = database.Prepare($"SELECT batch, partition, first, received_ms, records FROM {log.Table} WHERE batch >= ?1 AND batch <= ?2");
        select.Bind(1, segment.FirstBatch).Bind(2, open ? long.MaxValue : segment.LastBatch);
        while (select.Step())
        {
            var (batch, partition, sequence, receivedMs) = (select.Int64(0), (int)select.Int64(1), select.Int64(2), select.Int64(3));
            var origin = segment.Origin(partition);
            segment.Index!.Add(Term.OfPartition(partition), origin, new(sequence, batch));
            var records = new RecordBatchReader(select.Blob(4));
            for (; records.Next(); sequence++)
            {
                segment.Index.Add(Term.OfKey(partition, records.Key), origin, new(sequence, batch));
                segment.Records++;
            }
            if (!open) continue;
            if (segment.FirstReceivedMs == 0) segment.FirstReceivedMs = receivedMs;
            log.LastBatch = batch;
            log.Partitions[partition].Restore(sequence - 1, receivedMs);
        }
    }
}
