using System.Globalization;
using Monitor.LocalCluster;
using Monitor.Protocol;
using Monitor.Testing.Processes;

namespace Monitor.Chaos.Tests;

/// <summary>
/// A cluster of three Consul servers, PostgreSQL, three silos and two gateways, each a process, under continuous reports, with any of them killed, paused or
/// restarted at random moments. MONITOR_CHAOS_ROUNDS says how often (default 9, one of each kind), MONITOR_CHAOS_BLOWS names
/// the only kinds there shall be, and MONITOR_CHAOS_SEED repeats a run.
/// </summary>
[Collection(nameof(LoopbackCluster))]
public sealed partial class ChaosTests(ITestOutputHelper output)
{
    private const int Instances = 24;
    private const int Partitions = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(30);

    private readonly List<(Blow Blow, TimeSpan Time)> times = [];
    private readonly Probes probes = new(Partitions);
    private readonly HistoryLedger history = new();
    private readonly Newborn newborn = new();

    [Fact]
    public async Task Cluster_AnyProcessKilledUnderLoad_LosesNothingAnswersRightAndRaisesNoFalseAlarm()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var seed = Setting("MONITOR_CHAOS_SEED") ?? Random.Shared.Next();
        var random = new Random(seed);
        Say($"seed {seed}");
        using var cluster = await LoopbackCluster.UpAsync(
            new()
            {
                Folder = Directory.CreateTempSubdirectory("monitor-chaos-").FullName,
                Consuls = 3,
                Silos = 3,
                Gateways = 2,
                UsualPorts = false,
                ServerPath = BuiltAssembly.Silo,
                Settings = Settings(),
            },
            cancellationToken: cancellation);
        var kept = false;
        try
        {
            var consuls = cluster.Members.Where(member => member.Kind == MemberKind.Consul).Select(member => member.Http!).ToList();
            await using var fleet = await Fleet.StartAsync(Instances, Interval, consuls);
            await using var alarms = await Alarms.OpenAsync(cluster.PostgresConnectionString, Partitions, cancellation);
            await RightAgainAsync(cluster, [], fleet, TimeSpan.FromMinutes(1), cancellation);

            var round = 0;
            foreach (var blow in Rounds.Of(Setting("MONITOR_CHAOS_ROUNDS") ?? 9, Environment.GetEnvironmentVariable("MONITOR_CHAOS_BLOWS")))
            {
                // At any moment of the reports' interval.
                await Task.Delay(Interval * random.NextDouble() / 2, TimeProvider.System, cancellation);
                await newborn.ReportAsync(cluster, cancellation);
                var (victims, time) = await StrikeAsync(cluster, blow, random, fleet, cancellation);
                times.Add((blow, time));
                await AssertAllIsRightAsync(cluster, fleet, alarms, cancellation);
                Say($"round {++round}: {blow} {string.Join(", ", victims)}: right again after {time.TotalSeconds:0.0} s");
            }

            Summarise();
            using (var gateway = new Gateway(cluster.Members.First(member => member.Kind == MemberKind.Gateway)))
            {
                // Read anew from its beginning: nothing that was there has gone.
                await AssertHistoryAsync(gateway, fleet, new());
            }

            await AssertSilenceIsToldAsync(cluster, alarms, cancellation);
        }
        catch
        {
            kept = true;
            throw;
        }
        finally
        {
            KeepLogs(cluster);
            await cluster.DownAsync(delete: !kept, CancellationToken.None);
        }
    }

    private async Task<(IReadOnlyList<string> Victims, TimeSpan Time)> StrikeAsync(
        LoopbackCluster cluster, Blow blow, Random random, Fleet fleet, CancellationToken cancellationToken)
    {
        string AnyOf(MemberKind kind) => random.GetItems([.. cluster.Members.Where(member => member.Kind == kind).Select(member => member.Name)], 1)[0];
        var longest = TimeSpan.FromMinutes(1);
        switch (blow)
        {
            case Blow.KillSilo or Blow.KillGateway or Blow.KillConsul:
                var victim = AnyOf(blow switch { Blow.KillSilo => MemberKind.Silo, Blow.KillGateway => MemberKind.Gateway, _ => MemberKind.Consul });
                await cluster.KillAsync(victim, cancellationToken);
                var time = await RightAgainAsync(cluster, [victim], fleet, longest, cancellationToken);
                await cluster.StartAsync(victim, cancellationToken);
                return ([victim], time);

            case Blow.KillSiloAndGateway:
                string[] both = [AnyOf(MemberKind.Silo), AnyOf(MemberKind.Gateway)];
                await Task.WhenAll(both.Select(one => cluster.KillAsync(one, cancellationToken)));
                time = await RightAgainAsync(cluster, both, fleet, longest, cancellationToken);
                foreach (var one in both) await cluster.StartAsync(one, cancellationToken);
                return (both, time);

            case Blow.PauseSilo or Blow.PauseGateway:
                victim = AnyOf(blow is Blow.PauseSilo ? MemberKind.Silo : MemberKind.Gateway);
                var away = Task.Delay(Away, TimeProvider.System, cancellationToken);
                await cluster.PauseAsync(victim, cancellationToken);
                time = await RightAgainAsync(cluster, [victim], fleet, longest, cancellationToken);
                await away;
                await cluster.ResumeAsync(victim, cancellationToken);
                if (blow is Blow.PauseSilo) await ComesBackAsync(cluster, victim, cancellationToken);
                return ([victim], time);

            case Blow.KillGateways:
                var gateways = cluster.Members.Where(member => member.Kind == MemberKind.Gateway).Select(member => member.Name).ToList();
                foreach (var gateway in gateways) await cluster.KillAsync(gateway, cancellationToken);
                // Longer than any instance may be silent.
                await Task.Delay(Away, TimeProvider.System, cancellationToken);
                foreach (var gateway in gateways) await cluster.StartAsync(gateway, cancellationToken);
                return (gateways, await RightAgainAsync(cluster, [], fleet, longest, cancellationToken));

            case Blow.RestartPostgres:
                await cluster.StopAsync("postgres", cancellationToken);
                await cluster.StartAsync("postgres", cancellationToken);
                return (["postgres"], await RightAgainAsync(cluster, [], fleet, longest, cancellationToken));

            case Blow.RollingRestart:
                foreach (var member in cluster.Members)
                {
                    Assert.True(await cluster.StopAsync(member.Name, cancellationToken), $"{member.Name} did not end by itself.");
                    await cluster.StartAsync(member.Name, cancellationToken);
                }

                return (["everything"], await RightAgainAsync(cluster, [], fleet, longest, cancellationToken));

            default:
                throw new InvalidOperationException($"No such blow: {blow}.");
        }
    }

    /// <summary>A silo that was declared dead while it was paused ends when it finds out, and is started again; one that was not goes on.</summary>
    private static async Task ComesBackAsync(LoopbackCluster cluster, string silo, CancellationToken cancellationToken)
    {
        for (var wait = 0; wait < 200; wait++)
        {
            if (cluster[silo].Condition == LocalCluster.Processes.ProcessCondition.Gone)
            {
                await cluster.StartAsync(silo, cancellationToken);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        await cluster.ReadyAsync(silo, cancellationToken);
    }
}
