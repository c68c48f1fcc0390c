using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>A running cluster whose PostgreSQL goes away while reporters, who do not wait long, send and send again.</summary>
[Collection(nameof(SetupServers))]
public sealed class JournalAwayTests(SetupServers servers)
{
    private const int MiB = 1024 * 1024;

    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reports_JournalIsAway_AreRefusedWithADelayAndTakenOnceItIsBack()
    {
        await using var silo = setup.Launch(Setup.Silo);
        await using var gateway = setup.Launch(
            Setup.Gateway, ("Monitor:MaxInFlightBytes", $"{8 * MiB}"), ("Monitor:MaxInFlightBytesPerStream", $"{4 * MiB}"), ("Consul:Registration:ServiceName", setup.Name));
        await Task.WhenAll(silo.UntilReadyAsync(Cancellation), gateway.UntilReadyAsync(Cancellation));
        var reports = new ReportBuilder(setup.Name, $"{setup.Name}-1");
        await gateway.Reporter.ReportAsync(Large(reports), cancellationToken: Cancellation);
        await UntilPassingAsync(true);
        var before = gateway.Usage().ResidentBytes;

        await servers.Postgres.StopAsync(Cancellation);
        try
        {
            RpcException? refused = null;
            for (var sent = 0; sent < 400; sent++)
            {
                // The caller gives up, and comes back with the same: what it gave up still waits for the journal.
                var failure = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Reporter.ReportAsync(
                    Large(reports), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(sent < 20 ? 200 : 2000), cancellationToken: Cancellation));
                if (failure.StatusCode == StatusCode.ResourceExhausted) refused = failure;
                if (refused is not null) Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
            }

            Assert.Equal("1000", refused?.Trailers.GetValue("grpc-retry-pushback-ms"));
            // 400 MiB were sent. What the runtime keeps of that for itself differs, and is a share of it.
            Assert.True(gateway.Usage().ResidentBytes - before < 200 * MiB, $"It has grown by {(gateway.Usage().ResidentBytes - before) / MiB} MiB.");
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await new Health.HealthClient(gateway.Channel).CheckAsync(
                new() { Service = Reporter.Descriptor.FullName }, cancellationToken: Cancellation)).Status);
            await UntilPassingAsync(false);
            using var live = await gateway.HttpClient.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation);
            Assert.True(live.IsSuccessStatusCode);
        }
        finally
        {
            await servers.Postgres.StartAgainAsync(CancellationToken.None);
        }

        await UntilPassingAsync(true);
        var acknowledged = await Eventually.GetAsync("a report is taken", async _ => await TryAsync(), sequence => sequence > 0, cancellationToken: Cancellation);
        var history = await gateway.Queries.HistoryAsync(new() { Service = setup.Name, Id = reports.Instance, Check = "after", Limit = 1000 }, cancellationToken: Cancellation);
        Assert.Single(history.Entries, entry => entry.Sequence == acknowledged);
        Assert.Equal(history.Entries.Count, history.Entries.Select(entry => entry.Sequence).Distinct().Count());

        async Task<ulong> TryAsync()
        {
            var batch = reports.Batch(reports.Check("after"));
            batch.Acknowledge = Acknowledge.Applied;
            return (await gateway.Reporter.ReportAsync(batch, cancellationToken: Cancellation)).Accepted == 1 ? reports.Sequence : 0;
        }
    }

    /// <summary>Of about 1 MiB.</summary>
    private static PublishRequest Large(ReportBuilder reports)
    {
        var batch = reports.Batch([.. Enumerable.Range(0, 64).Select(i => reports.Check($"check-{i}", error: new string('e', 16_000)))]);
        Assert.InRange(batch.CalculateSize(), MiB * 9 / 10, MiB * 11 / 10);
        return batch;
    }

    private Task UntilPassingAsync(bool passing) => Eventually.UntilAsync(
        passing ? "Consul has the gateway as passing" : "Consul has no gateway that passes",
        async cancellationToken =>
        {
            using var entries = JsonDocument.Parse(await servers.Consul.Http.GetStringAsync(new Uri($"v1/health/service/{setup.Name}?passing", UriKind.Relative), cancellationToken));
            return entries.RootElement.GetArrayLength() == (passing ? 1 : 0);
        },
        cancellationToken: Cancellation);
}
