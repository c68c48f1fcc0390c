using System.Globalization;
using System.Text;
using Monitor.Protocol;
using Monitor.Rules.Reports;

namespace Monitor.Rules.Instances;

/// <summary>
/// Collects one page of an instance's history from its records, newest first: each accepted report once, late ones marked.
/// </summary>
public sealed class HistoryPage
{
    private readonly InstanceState state;
    private readonly HistoryRequest request;
    private readonly byte[] check;
    private readonly HistoryPlace from;
    private HistoryPlace last;

    /// <exception cref="FormatException">The request's page token is none.</exception>
    public HistoryPage(InstanceState state, HistoryRequest request)
    {
        this.state = state;
        this.request = request;
        check = Encoding.UTF8.GetBytes(request.Check);
        from = HistoryPlace.TryParse(request.PageToken, out var place) ? place : throw new FormatException($"page_token '{request.PageToken}' is none of History's.");
    }

    /// <summary>Records from this sequence on are not on the page.</summary>
    public long Before => from.Position == long.MaxValue ? long.MaxValue : from.Position + 1;

    public HistoryResponse Response { get; } = new();

    /// <summary>Adds what a record holds. False where the page is full, or the record and all before it too old.</summary>
    public bool Add(byte[] payload, long sequence, long receivedAtMs, ScannedBatch scratch)
    {
        // One that is not applied yet has no outcome yet.
        if (sequence > state.Position || (request.ToMs > 0 && receivedAtMs >= request.ToMs)) return true;
        if (receivedAtMs < request.FromMs) return false;
        BatchScanner.Read(payload, scratch);
        for (var i = scratch.Reports.Count - 1; i >= 0; i--)
        {
            var report = scratch.Reports[i];
            if (sequence == from.Position && report.Index >= from.Index) continue;
            if (check.Length > 0 && !(report.Kind == ReportKind.HealthCheck && report.Check.Of(payload).SequenceEqual(check))) continue;
            var outcome = state.Irregular.Of(sequence, report.Index);
            if (outcome == Outcome.Duplicate) continue;
            if (Response.Entries.Count == (int)request.Limit)
            {
                Response.NextPageToken = last.ToString();
                return false;
            }

            Response.Entries.Add(Entry(payload, scratch, report, sequence, receivedAtMs, outcome == Outcome.LateReport));
            last = new(sequence, report.Index);
        }

        return true;
    }

    private HistoryEntry Entry(byte[] payload, ScannedBatch batch, in ScannedReport scanned, long sequence, long receivedAtMs, bool late)
    {
        var version = scanned.Version.IsEmpty ? batch.Version : scanned.Version;
        var service = new Service { Id = state.Key.Instance, Name = state.Key.Service, Version = Encoding.UTF8.GetString(version.Of(payload)) };
        var entry = new HistoryEntry { Epoch = scanned.Epoch, Sequence = scanned.Sequence, ReceivedAtMs = receivedAtMs, Late = late, Position = sequence };
        var report = Report.Parser.ParseFrom(scanned.Bytes.Of(payload));
        switch (report.ReportCase)
        {
            case Report.ReportOneofCase.Healthcheck:
                entry.Healthcheck = report.Healthcheck;
                (entry.Healthcheck.Service, entry.Healthcheck.Derived) = (service, null);
                break;
            case Report.ReportOneofCase.Status:
                entry.Status = report.Status;
                (entry.Status.Service, entry.Status.Derived) = (service, null);
                break;
            default:
                entry.Stats = report.Stats;
                (entry.Stats.Service, entry.Stats.Derived) = (service, null);
                break;
        }

        return entry;
    }
}

/// <summary>A place in an instance's history: before a report, by its record's sequence and its index in the record. As a string, a page token.</summary>
public readonly record struct HistoryPlace(long Position, int Index)
{
    public static bool TryParse(string token, out HistoryPlace place)
    {
        place = new(long.MaxValue, 0);
        if (token.Length == 0) return true;
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0
            || !long.TryParse(token.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            || !int.TryParse(token.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || position is 0 or long.MaxValue)
        {
            return false;
        }

        place = new(position, index);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Position}.{Index}");
}
