using Monitor.Gateway.Errors;
using Monitor.Gateway.Grains;
using Monitor.Gateway.Ingest;
using Monitor.Grains.Abstractions;
using Monitor.Protocol;
using Monitor.Rules.Services;
using Monitor.Rules.Staleness;

namespace Monitor.Gateway.Queries;

/// <summary>Answers Summary: one call to each partition, and whatever comes of it in time.</summary>
internal sealed partial class SummaryQueries(IGrains grains, IReportLog log, TimeProvider time, ILogger<SummaryQueries> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<SummaryResponse> AskAsync(SummaryRequest request, CancellationToken cancellationToken)
    {
        var service = RequestRules.Filter("service", request.Service);
        var limit = RequestRules.Limit(request.Limit);
        var hash = PageToken.Query("Summary", service);
        var after = PageToken.Parse(request.PageToken, hash)?.First;

        var partitions = await Task.WhenAll(Enumerable.Range(0, log.Partitions).Select(partition => AskAsync(partition, service, cancellationToken)));
        var answers = partitions.OfType<PartitionSummary>().ToArray();
        if (answers.Length == 0) throw Failure.Unavailable("No partition has answered in time. Try again.");

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var services = Merge(answers);
        var response = new SummaryResponse
        {
            AsOfMs = now,
            Total = Total(services),
            ServiceCount = services.Count,
            Coverage = Cover(partitions, now),
            Blindness = BlindSum.Of([.. answers.Select(one => BlindWindows.From(one.Blind))], answers.Any(one => one.BlindSinceMs > 0), now),
        };
        var page = services.Values.Where(one => after is null || string.CompareOrdinal(one.Service, after) > 0).Take(limit + 1).ToArray();
        response.Services.AddRange(page.Take(limit));
        if (page.Length > limit) response.NextPageToken = new PageToken(page[limit - 1].Service, "", "").Format(hash);
        return response;
    }

    private static SortedDictionary<string, ServiceSummary> Merge(IEnumerable<PartitionSummary> partitions)
    {
        var services = new SortedDictionary<string, ServiceSummary>(StringComparer.Ordinal);
        foreach (var counts in partitions.SelectMany(one => one.Services))
        {
            if (!services.TryGetValue(counts.Service, out var sum)) services.Add(counts.Service, sum = Aggregate.Empty(counts.Service));
            Aggregate.Add(sum, counts);
        }
        foreach (var sum in services.Values) sum.Worst = Aggregate.Worst(sum);
        return services;
    }

    private static ServiceSummary Total(SortedDictionary<string, ServiceSummary> services)
    {
        var total = Aggregate.Empty("");
        foreach (var one in services.Values) Aggregate.Add(total, one);
        total.Worst = services.Count == 0 ? ServiceSummary.Types.State.Unknown : services.Values.Max(one => one.Worst);
        return total;
    }

    private static Coverage Cover(PartitionSummary?[] partitions, long nowMs)
    {
        var coverage = new Coverage { Partitions = partitions.Length, Answered = partitions.Count(one => one is not null) };
        coverage.Details.AddRange(partitions.Select((one, number) => new PartitionCoverage
        {
            Partition = number,
            Answered = one is not null,
            BehindMs = one?.BehindMs ?? 0,
            Blind = one is { BlindSinceMs: > 0 and var since } ? new() { FromMs = since, ToMs = Math.Max(since, nowMs) } : null,
        }));
        return coverage;
    }

    private async Task<PartitionSummary?> AskAsync(int partition, string? service, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.Reports(partition).Summary(service).WaitAsync(Patience, time, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogMissing(partition, exception.Message);
            return null;
        }
    }
}
