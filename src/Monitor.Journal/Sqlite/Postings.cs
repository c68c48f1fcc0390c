namespace Monitor.Journal.Sqlite;

/// <summary>A sequence, and the batch (row) where it is.</summary>
internal readonly record struct Posting(long Sequence, long Batch);

/// <summary>Postings of a term, ascending, each as its differences from the one before: three to four bytes.</summary>
internal struct PostingsBuilder
{
    private byte[]? bytes;
    private int length;
    private Posting last;

    public readonly ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, length);

    /// <param name="origin">The last posting before the segment, from which the first is counted.</param>
    /// <param name="posting">Beyond all before it.</param>
    public void Add(Posting origin, Posting posting)
    {
        var previous = length == 0 ? origin : last;
        bytes ??= new byte[8];
        if (bytes.Length - length < 2 * Varint.MostBytes) MakeRoom(posting, previous);
        length += Varint.Write(bytes.AsSpan(length), (ulong)(posting.Sequence - previous.Sequence));
        length += Varint.Write(bytes.AsSpan(length), (ulong)(posting.Batch - previous.Batch));
        last = posting;
    }

    private void MakeRoom(Posting posting, Posting previous)
    {
        var needed = length + Varint.Size((ulong)(posting.Sequence - previous.Sequence)) + Varint.Size((ulong)(posting.Batch - previous.Batch));
        if (needed > bytes!.Length) Array.Resize(ref bytes, Math.Max(needed, bytes.Length * 2));
    }
}

/// <summary>Reads what <see cref="PostingsBuilder"/> wrote.</summary>
internal ref struct PostingsReader(ReadOnlySpan<byte> bytes, Posting origin)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at;

    public Posting Current { get; private set; } = origin;

    public bool Next()
    {
        if (at >= bytes.Length) return false;
        var sequence = Current.Sequence + (long)Varint.Read(bytes, ref at);
        Current = new(sequence, Current.Batch + (long)Varint.Read(bytes, ref at));
        return true;
    }
}
