using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Kill;

/// <summary>The first promise: an acknowledged report is never lost, and counts once, whatever dies at whatever moment.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 20;
    private const int Instances = 100;
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(1.2);

    [Fact]
    public async Task Server_KilledUnderLoadAgainAndAgain_LosesNothingAndCountsOnce()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var reporter = new KillReporter(Instances);
        await using var silo = await SiloProcess.StartAsync(cancellationToken: cancellation);

        for (var kill = 0; kill < Kills; kill++)
        {
            using var endless = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var before = reporter.Answered;
            var reporting = reporter.RunAsync(silo.Reporter, endless.Token);
            await Eventually.UntilAsync($"something is acknowledged in life {kill + 1}", () => reporter.Answered > before, cancellationToken: cancellation);
            await Task.Delay(LongestRun * Random.Shared.NextDouble(), TimeProvider.System, cancellation);

            await silo.KillAsync();
            await reporting;
            await silo.RestartAsync(cancellation);

            await AssertLatestAsync(silo, reporter, exactly: false);
        }

        // Once more, to its end: then everything that was ever sent is acknowledged.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(LongestRun);
        await reporter.RunAsync(silo.Reporter, stop.Token);
        Assert.Equal(0, reporter.Pending);
        await Eventually.UntilAsync(
            "queries show the last report of each instance",
            async _ =>
            {
                await AssertLatestAsync(silo, reporter, exactly: true);
                return true;
            },
            cancellationToken: cancellation);
        await AssertHistoryAsync(silo, reporter);
        output.WriteLine($"{Kills} kills, {reporter.Answered} batches, {reporter.SentAgain} of them sent again, {silo.DataBytes() / 1e6:0} MB of data.");
        silo.ThrowOnErrors();
    }

    /// <summary>Latest at least as new as what was acknowledged, no newer than what was sent, and whole.</summary>
    private static async Task AssertLatestAsync(SiloProcess silo, KillReporter reporter, bool exactly)
    {
        var checks = (await silo.Queries.HealthChecksAsync(new() { Service = KillInstance.Service, View = View.Full, Limit = 10_000 }))
            .Healthchecks.ToDictionary(check => (check.Service.Id, check.Id));
        var statuses = (await silo.Queries.StatusAsync(new() { Service = KillInstance.Service, Verbose = true, View = View.Full, Limit = 10_000 }))
            .Statuses.ToDictionary(status => status.Service.Id);

        foreach (var instance in reporter.Instances)
        {
            AssertSequence($"status of {instance.Id}", instance.LastStatus, statuses.GetValueOrDefault(instance.Id)?.Derived.Sequence, instance.Sent, exactly);
            foreach (var id in Enumerable.Range(0, KillReporter.Checks).Select(KillInstance.CheckOf))
            {
                var check = checks.GetValueOrDefault((instance.Id, id));
                AssertSequence($"{id} of {instance.Id}", instance.LastCheck(id), check?.Derived.Sequence, instance.Sent, exactly);
                if (check is not null) Assert.Equal($"{check.Derived.Sequence}", check.Results["n"]);
            }
        }
    }

    private static void AssertSequence(string what, ulong acknowledged, ulong? latest, ulong sent, bool exactly) => Assert.True(
        exactly ? (latest ?? 0) == acknowledged : (latest ?? 0) >= acknowledged && (latest ?? 0) <= sent,
        $"The latest {what} is {latest?.ToString() ?? "missing"}, but {acknowledged} was acknowledged and {sent} was the last sent.");

    /// <summary>Everything that was ever sent has been acknowledged by now: history holds each report exactly once, and nothing else.</summary>
    private static async Task AssertHistoryAsync(SiloProcess silo, KillReporter reporter)
    {
        foreach (var instance in reporter.Instances)
        {
            List<ulong> sequences = [];
            var lastPosition = long.MaxValue;
            var request = new HistoryRequest { Service = KillInstance.Service, Id = instance.Id, Limit = 2_000 };
            do
            {
                var page = await silo.Queries.HistoryAsync(request);
                foreach (var entry in page.Entries)
                {
                    Assert.True(entry.Position <= lastPosition, $"History of {instance.Id} is not newest first: {entry.Position} after {lastPosition}.");
                    lastPosition = entry.Position;
                    sequences.Add(entry.Sequence);
                }

                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);

            var twice = sequences.GroupBy(sequence => sequence).Where(group => group.Count() > 1).Select(group => group.Key).ToList();
            Assert.True(twice.Count == 0, $"In the history of {instance.Id} more than once: {string.Join(", ", twice.Take(20))}.");
            var missing = Enumerable.Range(1, (int)instance.Sent).Select(n => (ulong)n).Except(sequences).ToList();
            Assert.True(missing.Count == 0, $"Acknowledged, but not in the history of {instance.Id}: {string.Join(", ", missing.Take(20))}.");
            Assert.Equal((int)instance.Sent, sequences.Count);
        }
    }
}
