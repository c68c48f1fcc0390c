using System.Globalization;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Testing;

namespace Monitor.Chaos.Tests;

/// <summary>
/// An instance in each partition, that reports and is asked for through a gateway: what it takes for the whole to be right again. A report that is acknowledged as
/// applied must be in the next answer, through any gateway.
/// </summary>
internal sealed class Probes
{
    public const string Service = "probe";
    public const string Check = "probe.check";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ReportBuilder[] builders;
    private readonly Dictionary<string, SortedSet<ulong>> acknowledged = [];

    public Probes(int partitions) => builders =
        [.. Enumerable.Range(0, partitions).Select(partition => new ReportBuilder(Service, IdIn(partition, partitions)) { Interval = 600, Ttl = 3600 })];

    /// <summary>Of each instance, the sequences that were acknowledged.</summary>
    public IReadOnlyDictionary<string, SortedSet<ulong>> Acknowledged => acknowledged;

    /// <summary>Reports in every partition, through one gateway, and asks for it through the same. Null: all is right; else what is not.</summary>
    public async Task<string?> TryAsync(Gateway gateway, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(builders.Select(builder => ReportAsync(gateway, builder, cancellationToken)));
            var answer = await gateway.Queries.HealthChecksAsync(
                new() { Id = Check, Limit = 10_000, View = View.Full }, deadline: Soon(), cancellationToken: cancellationToken);
            var seen = answer.Healthchecks.ToDictionary(check => check.Service.Id, check => check.Derived.Sequence);
            foreach (var builder in builders)
            {
                if (!seen.TryGetValue(builder.Instance, out var sequence)) return $"{gateway.Name}: {builder.Instance} is not listed";
                if (sequence < acknowledged[builder.Instance].Max) return $"{gateway.Name}: {builder.Instance} is at {sequence}, {acknowledged[builder.Instance].Max} was acknowledged";
            }

            return null;
        }
        catch (RpcException e)
        {
            return $"{gateway.Name}: {e.Status.StatusCode} {e.Status.Detail}";
        }
    }

    /// <summary>Reports once, as an instance in each partition that dies then: its silence is to be told.</summary>
    public Task DieAsync(Gateway gateway, string service, TimeSpan interval, CancellationToken cancellationToken) => Task.WhenAll(builders.Select(builder =>
    {
        var mortal = new ReportBuilder(service, builder.Instance) { Interval = (long)interval.TotalSeconds, Ttl = 3600 };
        return AnswerAsync(gateway, mortal.Batch(mortal.Status()), cancellationToken);
    }));

    private static DateTime Soon() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;

    private static string IdIn(int partition, int partitions) =>
        Enumerable.Range(0, int.MaxValue).Select(number => string.Create(CultureInfo.InvariantCulture, $"probe-{number}")).First(id => Partitioner.OfInstance(id, partitions) == partition);

    // The failure says which instance it is about.
    private static async Task<PublishResponse> AnswerAsync(Gateway gateway, PublishRequest batch, CancellationToken cancellationToken)
    {
        try
        {
            return await gateway.Reporter.ReportAsync(batch, deadline: Soon(), cancellationToken: cancellationToken);
        }
        catch (RpcException e)
        {
            throw new RpcException(new(e.StatusCode, $"{batch.Service.Id}: {e.Status.Detail}"));
        }
    }

    private async Task ReportAsync(Gateway gateway, ReportBuilder builder, CancellationToken cancellationToken)
    {
        var batch = builder.Batch(builder.Check(Check));
        batch.Acknowledge = Acknowledge.Applied;
        var answer = await AnswerAsync(gateway, batch, cancellationToken);
        if (answer.Accepted != 1) throw new InvalidOperationException($"{builder.Instance} was answered {answer}");
        lock (acknowledged)
        {
            if (!acknowledged.TryGetValue(builder.Instance, out var sequences)) acknowledged.Add(builder.Instance, sequences = []);
            sequences.Add(builder.Sequence);
        }
    }
}
