using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Rules.Keys;

namespace Monitor.Rules.Reports;

/// <summary>What the journal takes of a batch for one instance.</summary>
/// <param name="Service">Service name: where it is in the batch that was scanned.</param>
/// <param name="Instance">Instance id: where it is in the batch that was scanned.</param>
/// <param name="Payload">A <see cref="PublishRequest"/> that names the instance and holds its reports alone.</param>
/// <param name="Indices">The index in the batch of each report in the payload; null: the same.</param>
public readonly record struct RoutedPayload(Slice Service, Slice Instance, byte[] Payload, IReadOnlyList<int>? Indices)
{
    /// <summary>The index in the batch of a report of the payload.</summary>
    public int IndexInBatch(int index) => Indices is null ? index : Indices[index];
}

/// <summary>Divides a batch by instance: a record of the journal concerns one instance.</summary>
public static class BatchRouter
{
    /// <summary>
    /// Adds the payloads of a validated batch, none where it says nothing. Where all of it is good and of the instance that it names, as normally, its bytes are taken
    /// as they are; otherwise a payload is built for each instance, in the order in which they first appear.
    /// </summary>
    public static void Route(byte[] batch, ScannedBatch scan, List<RoutedPayload> into)
    {
        var named = !scan.Service.IsEmpty && !scan.Instance.IsEmpty;
        if (scan.Reports.Count == 0 && scan.Lost == 0) return;
        if (named && scan.Rejected.Count == 0 && OfOneInstance(batch, scan)) into.Add(new(scan.Service, scan.Instance, batch, null));
        else Divide(batch, scan, into);
    }

    private static bool OfOneInstance(ReadOnlySpan<byte> batch, ScannedBatch scan)
    {
        foreach (ref readonly var report in CollectionsMarshal.AsSpan(scan.Reports))
        {
            if (report.Service.IsEmpty) continue;
            if (!report.Service.Of(batch).SequenceEqual(scan.Service.Of(batch)) || !report.Instance.Of(batch).SequenceEqual(scan.Instance.Of(batch))) return false;
        }
        return true;
    }

    private static void Divide(byte[] batch, ScannedBatch scan, List<RoutedPayload> into)
    {
        var parts = new OrderedDictionary<InstanceKey, Part>();
        if (scan.Lost > 0) PartOf(scan.Service, scan.Instance, scan.Version).Header.Lost = scan.Lost;
        foreach (var report in scan.Reports)
        {
            var part = report.Service.IsEmpty
                ? PartOf(scan.Service, scan.Instance, scan.Version)
                : PartOf(report.Service, report.Instance, report.Version);
            part.Reports.Add(report.Bytes);
            part.Indices.Add(report.Index);
        }
        foreach (var part in parts.Values) into.Add(new(part.Service, part.Instance, part.Build(batch), part.Indices));

        Part PartOf(Slice service, Slice instance, Slice version)
        {
            var key = new InstanceKey(Text(service), Text(instance));
            if (!parts.TryGetValue(key, out var part))
            {
                var header = new PublishRequest { Service = new Service { Name = key.Service, Id = key.Instance, Version = Text(version) }, Epoch = scan.Epoch };
                parts.Add(key, part = new(service, instance, header));
            }
            return part;
        }

        string Text(Slice slice) => Encoding.UTF8.GetString(slice.Of(batch));
    }

    private const byte ReportsTag = (PublishRequest.ReportsFieldNumber << 3) | (int)WireType.Bytes;

    private sealed record Part(Slice Service, Slice Instance, PublishRequest Header)
    {
        public List<Slice> Reports { get; } = [];

        public List<int> Indices { get; } = [];

        public byte[] Build(byte[] batch)
        {
            var size = Header.CalculateSize();
            foreach (var report in Reports) size += 1 + CodedOutputStream.ComputeLengthSize(report.Length) + report.Length;
            var payload = new byte[size];
            Header.WriteTo(payload.AsSpan(0, Header.CalculateSize()));
            var rest = payload.AsSpan(Header.CalculateSize());
            foreach (var report in Reports)
            {
                rest[0] = ReportsTag;
                rest = WriteLength(rest[1..], report.Length);
                report.Of(batch).CopyTo(rest);
                rest = rest[report.Length..];
            }
            return payload;
        }

        private static Span<byte> WriteLength(Span<byte> to, int length)
        {
            var at = 0;
            for (; length >= 0x80; length >>= 7) to[at++] = (byte)(length | 0x80);
            to[at++] = (byte)length;
            return to[at..];
        }
    }
}
