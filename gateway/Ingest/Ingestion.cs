using System.Diagnostics.CodeAnalysis;
using Monitor.Gateway.Errors;
using Monitor.Gateway.Grains;
using Monitor.Journal;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.Ingest;

/// <summary>From a batch to the journal, and back to what its reporter is answered.</summary>
internal sealed class Ingestion(IReportLog log, IGrains grains, TimeProvider time)
{
    private const string NotApplied = "The reports are kept, but not applied yet. Send them again to learn what became of them.";

    private static readonly TimeSpan LongestAsking = TimeSpan.FromSeconds(25);

    private InstanceKeyCache? keys;

    private InstanceKeyCache Keys => keys ??= new(log.Partitions);

    /// <summary>
    /// Validates a batch and appends it. The scan and the list are the caller's to reuse: what they hold is done with when this returns. It is appended whether or not the caller
    /// waits; the token ends only the asking for what became of it.
    /// </summary>
    /// <exception cref="Grpc.Core.RpcException">The batch cannot be taken as a whole.</exception>
    public PendingAnswer Append(byte[] batch, ScannedBatch scan, List<RoutedPayload> routed, CancellationToken cancellationToken = default)
    {
        if (BatchScanner.Validate(batch, time.GetUtcNow().ToUnixTimeMilliseconds(), scan) is { } refusal) throw Failure.Invalid(refusal.Field, refusal.Message);
        routed.Clear();
        BatchRouter.Route(batch, scan, routed);

        if (routed.Count == 1 && scan.Rejected.Count == 0 && scan.Acknowledge == Acknowledge.Durable)
            return new(AppendAsync(batch, routed[0], out _, out _), batch.Length, scan.Id, scan.Reports.Count);

        var appends = new (Task Done, JournalRecord Record, string Key, RoutedPayload Payload)[routed.Count];
        for (var i = 0; i < appends.Length; i++)
            appends[i] = (AppendAsync(batch, routed[i], out var record, out var key), record, key, routed[i]);
        var answer = new PublishResponse { Id = scan.Id, Accepted = (uint)scan.Reports.Count };
        answer.Outcomes.AddRange(scan.Rejected);
        return new(CompleteAsync(appends, answer, scan.Acknowledge == Acknowledge.Applied, cancellationToken), batch.Length, scan.Id, scan.Reports.Count);
    }

    private Task AppendAsync(byte[] batch, in RoutedPayload payload, out JournalRecord record, out string key)
    {
        var entry = Keys.Get(payload.Service.Of(batch), payload.Instance.Of(batch));
        key = entry.Key;
        record = new JournalRecord(entry.Key, payload.Payload);
        return log.AppendAsync(entry.Partition, record);
    }

    private async Task<PublishResponse> CompleteAsync(
        (Task Done, JournalRecord Record, string Key, RoutedPayload Payload)[] appends, PublishResponse answer, bool applied, CancellationToken cancellationToken)
    {
        await Task.WhenAll(appends.Select(append => append.Done));
        if (applied) answer.Outcomes.AddRange((await Task.WhenAll(appends.Select(append => OutcomesAsync(append.Key, append.Record, append.Payload, cancellationToken)))).SelectMany(some => some));
        var outcomes = answer.Outcomes.OrderBy(outcome => outcome.Index).ToArray();
        answer.Outcomes.Clear();
        answer.Outcomes.AddRange(outcomes);
        answer.Rejected = Count(Outcome.Rejected);
        answer.Duplicate = Count(Outcome.Duplicate);
        answer.Late = Count(Outcome.LateReport);
        answer.Accepted -= answer.Duplicate + answer.Late;
        return answer;

        uint Count(Outcome outcome) => (uint)outcomes.Count(one => one.Outcome == outcome);
    }

    private async Task<IEnumerable<ReportOutcome>> OutcomesAsync(string key, JournalRecord record, RoutedPayload payload, CancellationToken cancellationToken)
    {
        var partition = grains.Reports(Partitioner.OfInstance(InstanceKey.Parse(key).Instance, log.Partitions));
        // The report is durable, and will be applied.
        var outcomes = await Repeatedly.AskAsync(
            async () => await partition.Reached(record.Sequence) ? await grains.Instance(key).Outcomes(record.Sequence) : null, LongestAsking, NotApplied, time, cancellationToken);
        // Messages are frozen once they are answered by a grain: the index is put into a copy.
        return outcomes.Select(outcome => new ReportOutcome(outcome) { Index = (uint)payload.IndexInBatch((int)outcome.Index) });
    }
}

/// <summary>A batch on its way: the answer, once its task is done.</summary>
/// <param name="Done">Completes when the batch is durable; a task of a response where the answer says more than that all is accepted.</param>
/// <param name="Bytes">Size of the batch.</param>
/// <param name="Id">Id of the batch.</param>
/// <param name="Accepted">Its reports, all accepted, where the task gives no response.</param>
internal readonly record struct PendingAnswer(Task Done, int Bytes, ulong Id, int Accepted)
{
    /// <summary>The answer of a batch of which there is more to say.</summary>
    public bool TryGetResponse([NotNullWhen(true)] out Task<PublishResponse>? response)
    {
        response = Done as Task<PublishResponse>;
        return response is not null;
    }

    public async Task<PublishResponse> ResponseAsync()
    {
        if (TryGetResponse(out var response)) return await response;
        await Done;
        return new PublishResponse { Id = Id, Accepted = (uint)Accepted };
    }
}
