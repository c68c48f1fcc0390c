using Monitor.Protocol;

namespace Monitor.Client.Tests.Server;

/// <summary>What several servers have behind them: it takes each report once, whichever of them it comes to.</summary>
internal sealed class SharedJournal
{
    private readonly HashSet<(ulong Epoch, ulong Sequence)> known = [];

    public IReadOnlyList<ulong> Sequences
    {
        get
        {
            lock (known) return [.. known.Select(report => report.Sequence).Order()];
        }
    }

    public PublishResponse Take(PublishRequest request)
    {
        lock (known)
        {
            var accepted = (uint)request.Reports.Count(report => known.Add((request.Epoch, report.Sequence)));
            return new PublishResponse { Id = request.Id, Accepted = accepted, Duplicate = (uint)request.Reports.Count - accepted };
        }
    }

    public Task<PublishResponse?> TakeAsync(Received batch) => Task.FromResult<PublishResponse?>(Take(batch.Request));
}
