using System.Collections.Concurrent;
using System.Text.Json;
using Grpc.Core;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>SIGTERM to a gateway and to a silo under load: they leave in order, and nothing that was acknowledged is missing.</summary>
[Collection(nameof(SetupServers))]
public sealed class DrainTests(SetupServers servers)
{
    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sigterm_UnderLoad_LeavesConsulEndsStreamsAndLosesNothing()
    {
        (string, string) name = ("Consul:Registration:ServiceName", setup.Name);
        SiloProcess[] silos = [setup.Launch(Setup.Silo), setup.Launch(Setup.Silo)];
        SiloProcess[] gateways = [setup.Launch(Setup.Gateway, name), setup.Launch(Setup.Gateway, name)];
        try
        {
            await Task.WhenAll(silos.Concat(gateways).Select(process => process.UntilReadyAsync(Cancellation)));
            var acknowledged = new ConcurrentDictionary<string, ConcurrentBag<ulong>>();
            var streams = Enumerable.Range(0, 8).Select(i => PublishAsync(gateways[0], $"{setup.Name}-{i}", 1, acknowledged)).ToList();
            await Eventually.UntilAsync("all publish", () => acknowledged.Count == 8 && acknowledged.Values.All(some => some.Count > 20), cancellationToken: Cancellation);

            Assert.Equal(0, await gateways[0].StopAsync());
            foreach (var ended in await Task.WhenAll(streams)) Assert.True(ended.StatusCode == StatusCode.Unavailable && ended.Detail.Contains("stopping", StringComparison.Ordinal), $"{ended}");
            // Deregistered, not only critical.
            using var entries = JsonDocument.Parse(await servers.Consul.Http.GetStringAsync(new Uri($"v1/health/service/{setup.Name}", UriKind.Relative), Cancellation));
            Assert.Single(entries.RootElement.EnumerateArray());

            var more = Enumerable.Range(0, 8).Select(i => PublishAsync(gateways[1], $"{setup.Name}-{i}", 2, acknowledged)).ToList();
            var before = acknowledged.Values.Sum(some => some.Count);
            await Eventually.UntilAsync("all publish again", () => acknowledged.Values.Sum(some => some.Count) > before + 200, cancellationToken: Cancellation);
            Assert.Equal(0, await silos[0].StopAsync());
            await Eventually.UntilAsync(
                "the other silo has all partitions",
                async cancellationToken => (await gateways[1].Queries.SummaryAsync(new(), cancellationToken: cancellationToken)).Coverage is { Answered: 2 } coverage && coverage.Details.All(one => one.BehindMs < 2000),
                cancellationToken: Cancellation);
            foreach (var (instance, sequences) in acknowledged) await AssertHistoryAsync(gateways[1], instance, sequences);

            Assert.Equal(0, await gateways[1].StopAsync());
            await Task.WhenAll(more);
            Assert.Equal(0, await silos[1].StopAsync());
        }
        finally
        {
            foreach (var process in silos.Concat(gateways)) await process.DisposeAsync();
        }
    }

    /// <summary>Publishes until the stream is ended, and answers why it was.</summary>
    private async Task<Grpc.Core.Status> PublishAsync(SiloProcess gateway, string instance, ulong epoch, ConcurrentDictionary<string, ConcurrentBag<ulong>> acknowledged)
    {
        var known = acknowledged.GetOrAdd(instance, _ => []);
        var reports = new ReportBuilder(setup.Name, instance, epoch: epoch);
        using var call = new Reporter.ReporterClient(gateway.Channel).Publish(cancellationToken: Cancellation);
        try
        {
            while (true)
            {
                var batch = reports.Batch(reports.Check("drain.check"));
                batch.Id = reports.Sequence;
                // A write to a stream that has ended fails; why it has is read.
                await call.RequestStream.WriteAsync(batch, Cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!await call.ResponseStream.MoveNext(Cancellation)) return call.GetStatus();
                foreach (var answer in call.ResponseStream.Current.Answers) known.Add((reports.Epoch << 32) + answer.Id);
            }
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }

    private async Task AssertHistoryAsync(SiloProcess gateway, string instance, IEnumerable<ulong> acknowledged)
    {
        var expected = acknowledged.ToList();
        await Eventually.GetAsync($"history of {instance} has all that was acknowledged", _ => HistoryAsync(gateway, instance), found => !expected.Except(found).Any(), cancellationToken: Cancellation);
    }

    private async Task<IReadOnlyList<ulong>> HistoryAsync(SiloProcess gateway, string instance)
    {
        var found = new List<ulong>();
        var request = new HistoryRequest { Service = setup.Name, Id = instance, Limit = 10_000 };
        do
        {
            var page = await gateway.Queries.HistoryAsync(request, cancellationToken: Cancellation);
            found.AddRange(page.Entries.Select(entry => (entry.Epoch << 32) + entry.Sequence));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(found.Count, found.Distinct().Count());
        return found;
    }
}
