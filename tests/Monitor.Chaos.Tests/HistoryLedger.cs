using Monitor.Protocol;

namespace Monitor.Chaos.Tests;

/// <summary>What History has shown of each instance, over all rounds: each report once.</summary>
internal sealed class HistoryLedger
{
    private readonly Dictionary<string, Instance> instances = [];

    /// <summary>Reads what is new since the last time, and fails where a report is there twice.</summary>
    public async Task<IReadOnlySet<ulong>> ReadAsync(Gateway gateway, string service, string id)
    {
        if (!instances.TryGetValue(id, out var known)) instances.Add(id, known = new());
        var newest = known.Position;
        var request = new HistoryRequest { Service = service, Id = id, Limit = 1000 };
        while (true)
        {
            var page = await gateway.Queries.HistoryAsync(request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20));
            foreach (var entry in page.Entries)
            {
                if (entry.Position <= known.Position) continue;
                newest = Math.Max(newest, entry.Position);
                // Two processes of one instance would count for themselves.
                Assert.Equal(known.Epoch ??= entry.Epoch, entry.Epoch);
                Assert.True(known.Sequences.Add(entry.Sequence), $"Report {entry.Sequence} of {id} is in history twice, by {gateway.Name}.");
            }

            if (page.NextPageToken.Length == 0 || page.Entries[^1].Position <= known.Position) break;
            request.PageToken = page.NextPageToken;
        }

        known.Position = newest;
        return known.Sequences;
    }

    private sealed class Instance
    {
        public ulong? Epoch { get; set; }

        public long Position { get; set; }

        public HashSet<ulong> Sequences { get; } = [];
    }
}
