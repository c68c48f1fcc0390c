using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Instances;

namespace Monitor.Grains.Instances;

internal sealed partial class ServiceInstanceGrain
{
    private const int ReadRecords = 256;

    public async Task<HistoryResponse> History(HistoryRequest request)
    {
        var page = new HistoryPage(state, request);
        if (request.PageToken.Length == 0) page.Response.Blind.AddRange((await blindTimes.NowAsync(partition)).Overlapping(request.FromMs, request.ToMs));
        var before = page.Before;
        foreach (var record in recent.Before(before))
        {
            if (!page.Add(record.Payload, record.Sequence, record.ReceivedAtMs, scratch.Batch)) return page.Response;
            before = record.Sequence;
        }

        while (true)
        {
            var records = await journal.ReadKeyBackwardsAsync(Topic.Reports, partition, key, before, ReadRecords, CancellationToken.None);
            foreach (var record in records)
            {
                if (!page.Add(record.Payload, record.Sequence, record.ReceivedAtMs, scratch.Batch)) return page.Response;
            }

            if (records.Count < ReadRecords) return page.Response;
            before = records[^1].Sequence;
        }
    }
}
