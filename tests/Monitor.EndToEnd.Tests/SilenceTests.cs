using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>An instance that falls silent, on the real clock.</summary>
public sealed class SilenceTests(SharedSilo shared)
{
    [Fact]
    public async Task Instance_FallenSilent_IsUnknownThenExpired()
    {
        var silent = await PublishAsync(shared.Process, interval: 60, ttl: 3600);
        await AssertLiveAsync(shared.Process, silent);

        (silent.Interval, silent.Ttl) = (1, 5);
        await PublishAsync(shared.Process, silent);

        await UntilUnknownAsync(shared.Process, silent);
        await UntilExpiredAsync(shared.Process, silent);
    }

    [Fact]
    public async Task Silence_AcrossAKill_IsFound_AndNoLiveInstanceLooksDead()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var silo = await SiloProcess.StartAsync(cancellationToken: cancellation);
        var live = await PublishAsync(silo, interval: 60, ttl: 3600);
        var silent = await PublishAsync(silo, interval: 1, ttl: 20);
        var gone = await PublishAsync(silo, interval: 1, ttl: 1);

        await silo.KillAsync();
        await silo.RestartAsync(cancellation);

        await AssertLiveAsync(silo, live);
        await UntilUnknownAsync(silo, silent);
        await UntilExpiredAsync(silo, gone);

        await silo.KillAsync();
        await silo.RestartAsync(cancellation);

        await UntilExpiredAsync(silo, silent);
        await AssertLiveAsync(silo, live);
        silo.ThrowOnErrors();
    }

    private static async Task<ReportBuilder> PublishAsync(SiloProcess silo, long interval, long ttl)
    {
        var reports = new ReportBuilder("silence", $"silence-{Guid.NewGuid()}") { Interval = interval, Ttl = ttl };
        await PublishAsync(silo, reports);
        return reports;
    }

    private static async Task PublishAsync(SiloProcess silo, ReportBuilder reports)
    {
        var batch = reports.Batch(reports.Status(), reports.Check(CheckOf(reports)));
        batch.Acknowledge = Acknowledge.Applied;
        Assert.Equal(2u, (await silo.Reporter.ReportAsync(batch)).Accepted);
    }

    private static string CheckOf(ReportBuilder reports) => $"silence.check.{reports.Instance}";

    private static async Task<Status?> StatusAsync(SiloProcess silo, ReportBuilder reports, CancellationToken cancellationToken = default)
    {
        var request = new StatusRequest { Service = reports.Service, Id = reports.Instance, View = View.Full };
        return (await silo.Queries.StatusAsync(request, cancellationToken: cancellationToken)).Statuses.SingleOrDefault();
    }

    private static async Task AssertLiveAsync(SiloProcess silo, ReportBuilder reports)
    {
        var status = await StatusAsync(silo, reports);
        Assert.Equal(Status.Types.Status.Running, status?.Status_);
        Assert.Equal(Freshness.Fresh, status?.Derived.Freshness);
        var check = Assert.Single((await silo.Queries.HealthChecksAsync(new() { Id = CheckOf(reports), View = View.Full })).Healthchecks);
        Assert.Equal(Freshness.Fresh, check.Derived.Freshness);
    }

    private static async Task UntilUnknownAsync(SiloProcess silo, ReportBuilder reports)
    {
        var status = await Eventually.GetAsync(
            "the silent instance is UNKNOWN, also in its freshness",
            ct => StatusAsync(silo, reports, ct),
            status => status is { Status_: Status.Types.Status.Unknown, Derived.Freshness: Freshness.Unknown },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Matches(@"^Last update \d+s ago$", status!.Info);
        Assert.Equal(Status.Types.Status.Running, status.Derived.ReportedStatus);
    }

    /// <summary>It is no longer listed, but was seen: an empty list, not NOT_FOUND; and its history stays.</summary>
    private static async Task UntilExpiredAsync(SiloProcess silo, ReportBuilder reports)
    {
        await Eventually.GetAsync(
            "the silent instance has expired",
            ct => StatusAsync(silo, reports, ct),
            status => status is null,
            cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.GetAsync(
            "its healthcheck has expired",
            async ct => (await silo.Queries.HealthChecksAsync(new() { Id = CheckOf(reports) }, cancellationToken: ct)).Healthchecks,
            checks => checks.Count == 0,
            cancellationToken: TestContext.Current.CancellationToken);
        var history = await silo.Queries.HistoryAsync(new() { Service = reports.Service, Id = reports.Instance });
        Assert.Equal(reports.Sequence, (ulong)history.Entries.Count);
    }
}
