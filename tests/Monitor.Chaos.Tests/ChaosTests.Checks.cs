using System.Globalization;
using Monitor.LocalCluster;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Chaos.Tests;

public sealed partial class ChaosTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The time until every partition takes, applies and answers a report through every gateway that lives, every report of the fleet is acknowledged, and every query
    /// shows all of it alive.
    /// </summary>
    private async Task<TimeSpan> RightAgainAsync(
        LoopbackCluster cluster, IReadOnlyList<string> dead, Fleet fleet, TimeSpan longest, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(longest);
        var flushed = fleet.FlushAsync(bound.Token);
        string? wrong = null;
        try
        {
            foreach (var member in cluster.Members.Where(member => member.Kind == MemberKind.Gateway && !dead.Contains(member.Name)))
            {
                using var gateway = new Gateway(member);
                while (await probes.TryAsync(gateway, bound.Token) is { } failure)
                {
                    await newborn.AssertKnownAsync(gateway, bound.Token);
                    if (!bound.IsCancellationRequested) wrong = failure;
                    await Task.Delay(Pause, TimeProvider.System, bound.Token);
                }
            }

            wrong = "a report of the fleet is not acknowledged";
            await flushed;
            return TimeProvider.System.GetElapsedTime(started);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Not right again after {longest.TotalSeconds:0} s: {wrong}");
        }
    }

    /// <summary>With every process back: what was acknowledged is in history once, every query of every gateway is right, and nobody was called silent.</summary>
    private async Task AssertAllIsRightAsync(LoopbackCluster cluster, Fleet fleet, Alarms alarms, CancellationToken cancellationToken)
    {
        await RightAgainAsync(cluster, [], fleet, TimeSpan.FromMinutes(1), cancellationToken);
        var gateways = cluster.Members.Where(member => member.Kind == MemberKind.Gateway).Select(member => new Gateway(member)).ToList();
        try
        {
            foreach (var gateway in gateways)
            {
                await Eventually.UntilAsync(
                    $"{gateway.Name} answers every query right", async _ => await Answers.WrongAsync(gateway, fleet) is not { } wrong ? true : throw new InvalidOperationException(wrong),
                    TimeSpan.FromSeconds(20), cancellationToken);
            }

            await AssertHistoryAsync(gateways[Random.Shared.Next(gateways.Count)], fleet, history);
        }
        finally
        {
            gateways.ForEach(gateway => gateway.Dispose());
        }

        await alarms.AssertNoneAsync(cancellationToken);
    }

    /// <summary>Calm is not deafness: in every partition, an instance that does fall silent is called so.</summary>
    private async Task AssertSilenceIsToldAsync(LoopbackCluster cluster, Alarms alarms, CancellationToken cancellationToken)
    {
        using var gateway = new Gateway(cluster.Members.First(member => member.Kind == MemberKind.Gateway));
        await probes.DieAsync(gateway, Alarms.Mortal, Interval, cancellationToken);
        await Eventually.UntilAsync(
            "the silence of an instance in each partition is told", async token => { await alarms.AssertNoneAsync(token); return alarms.Mourned.Count == Partitions; },
            TimeSpan.FromMinutes(2), cancellationToken);
    }

    private async Task AssertHistoryAsync(Gateway gateway, Fleet fleet, HistoryLedger ledger)
    {
        foreach (var instance in fleet.Instances)
        {
            // Before the reading: more may come meanwhile.
            var counters = fleet.CountersOf(instance);
            var sequences = await ledger.ReadAsync(gateway, Fleet.Service, instance);
            Assert.Equal((0, 0), (counters.Lost, counters.Rejected));
            Assert.True(sequences.Count >= counters.Accepted, $"{instance}: {counters.Accepted} reports were accepted, history has {sequences.Count}.");
            Assert.Equal(sequences.Count, (int)sequences.Max());
        }

        foreach (var (instance, acknowledged) in probes.Acknowledged)
        {
            var sequences = await ledger.ReadAsync(gateway, Probes.Service, instance);
            var lost = acknowledged.Except(sequences).ToList();
            Assert.True(lost.Count == 0, $"{instance}: acknowledged, and not in history: {string.Join(", ", lost)}");
        }
    }

    private void Summarise()
    {
        foreach (var group in times.GroupBy(time => time.Blow))
        {
            var sorted = group.Select(time => time.Time.TotalSeconds).Order().ToList();
            Say(string.Create(CultureInfo.InvariantCulture, $"{group.Key}: {sorted.Count} rounds, median {sorted[sorted.Count / 2]:0.0} s, worst {sorted[^1]:0.0} s"));
        }
    }

    private void Say(string line)
    {
        output.WriteLine(line);
        // As it happens, for who watches a long run.
        Console.WriteLine($"chaos: {line}");
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    // MONITOR_CHAOS_SETTINGS: further settings of the servers, as Monitor:GrainDirectory=distributed, separated by semicolons.
    private static Dictionary<string, string> Settings() =>
        (Environment.GetEnvironmentVariable("MONITOR_CHAOS_SETTINGS") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    // Where the environment names a folder for them, as .ci/run does.
    private static void KeepLogs(LoopbackCluster cluster)
    {
        if (Environment.GetEnvironmentVariable("MONITOR_TEST_LOGS") is not { Length: > 0 } folder) return;
        Directory.CreateDirectory(folder);
        foreach (var member in cluster.Members.Where(member => File.Exists(cluster.LogOf(member.Name)))) File.Copy(cluster.LogOf(member.Name), Path.Combine(folder, $"chaos-{member.Name}.log"), overwrite: true);
    }
}
