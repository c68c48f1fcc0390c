using System.Text;

namespace Monitor.Journal.Sqlite;

/// <summary>
/// Records of one partition that were committed together, as one row: a row costs some microseconds, whatever is in it. For each record, its key and its
/// payload, each with its length before it; their sequences follow one another from the row's first.
/// </summary>
internal sealed class RecordBatchWriter
{
    private byte[] buffer = new byte[64 << 10];
    private int length;

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, length);

    public void Clear() => length = 0;

    /// <summary>Adds a record. Answers its key's term.</summary>
    public long Add(int partition, JournalRecord record)
    {
        var most = 2 * Varint.MostBytes + Encoding.UTF8.GetMaxByteCount(record.Key.Length) + record.Payload.Length;
        if (buffer.Length - length < most) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + most));
        length += Varint.Write(buffer.AsSpan(length), (ulong)Encoding.UTF8.GetByteCount(record.Key));
        var key = Encoding.UTF8.GetBytes(record.Key, buffer.AsSpan(length));
        var term = Term.OfKey(partition, buffer.AsSpan(length, key));
        length += key;
        length += Varint.Write(buffer.AsSpan(length), (ulong)record.Payload.Length);
        record.Payload.CopyTo(buffer.AsSpan(length));
        length += record.Payload.Length;
        return term;
    }
}

/// <inheritdoc cref="RecordBatchWriter"/>
internal ref struct RecordBatchReader(ReadOnlySpan<byte> batch)
{
    private readonly ReadOnlySpan<byte> batch = batch;
    private int at;

    public ReadOnlySpan<byte> Key { get; private set; }

    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool Next()
    {
        if (at >= batch.Length) return false;
        Key = Slice();
        Payload = Slice();
        return true;
    }

    private ReadOnlySpan<byte> Slice()
    {
        var size = (int)Varint.Read(batch, ref at);
        var slice = batch.Slice(at, size);
        at += size;
        return slice;
    }
}
