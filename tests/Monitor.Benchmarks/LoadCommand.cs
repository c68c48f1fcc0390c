using System.CommandLine;
using System.Diagnostics;
using Monitor.Benchmarks.Load;

namespace Monitor.Benchmarks;

/// <summary><c>load</c>: how fast reports are acknowledged and applied, at what latency and cost.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var load = new LoadArguments();
        var seconds = new Option<int>("--seconds") { Description = "How long is measured.", DefaultValueFactory = _ => 20 };
        var warmUp = new Option<int>("--warm-up") { Description = "Seconds of load before that, after every instance has reported once.", DefaultValueFactory = _ => 5 };
        var json = new Option<bool>("--json") { Description = "Prints JSON." };
        var silos = new Option<int>("--cluster") { Description = "Measures one server on SQLite, and then a cluster of this many silos, with a gateway for each connection, on PostgreSQL." };
        var command = new Command("load", "Publishes as many instances' reporters do, and prints what it took.") { seconds, warmUp, silos, json };
        foreach (var option in load.All) command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) => RunAsync(
            load.Read(arguments),
            arguments.GetValue(silos),
            TimeSpan.FromSeconds(arguments.GetValue(warmUp)),
            TimeSpan.FromSeconds(arguments.GetValue(seconds)),
            arguments.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(LoadOptions options, int silos, TimeSpan warmUp, TimeSpan duration, bool json, CancellationToken cancellationToken)
    {
        var what = $"{options.Instances} instances, {options.Checks} checks a publish, {options.Ids} ids, {options.Connections} connections";
        await using (Target one = options.Server is { } server ? new RunningTarget(server) : await EmbeddedTarget.StartAsync(cancellationToken))
        {
            (await MeasureAsync(one, options, warmUp, duration, cancellationToken)).Write(what, json);
        }

        if (silos == 0) return 0;
        await using var cluster = await ClusterTarget.StartAsync(silos, options.Connections, cancellationToken);
        (await MeasureAsync(cluster, options, warmUp, duration, cancellationToken)).Write($"{silos} silos and {options.Connections} gateways on PostgreSQL: {what}", json);
        return 0;
    }

    private static async Task<Figures> MeasureAsync(Target target, LoadOptions options, TimeSpan warmUp, TimeSpan duration, CancellationToken cancellationToken)
    {
        var empty = target.Usage();
        var emptyBytes = target.DataBytes();
        using var load = new Publishers(options, target);

        Console.Error.WriteLine($"Warming up: {options.Instances} instances, then {warmUp.TotalSeconds:0} s.");
        await load.PublishOnceAsync();
        await load.PublishForAsync(warmUp, cancellationToken);

        Console.Error.WriteLine($"Measuring {duration.TotalSeconds:0} s.");
        var probe = new Probe(options, load.Fleet, target.Queries, target.Reporter, TimeProvider.System);
        var (server, database, own, before) = (target.Usage(), target.DatabaseUsage(), Environment.CpuUsage.TotalTime, load.Acknowledged);
        var bytesBefore = target.DataBytes();
        var started = Stopwatch.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var probing = probe.RunAsync(stop.Token);
        var acknowledged = await load.PublishForAsync(duration, cancellationToken);
        var applied = Stopwatch.GetElapsedTime(started);
        var (serverAfter, databaseAfter, ownAfter) = (target.Usage(), target.DatabaseUsage(), Environment.CpuUsage.TotalTime);
        await stop.CancelAsync();
        await probing;

        double reports = load.Acknowledged - before;
        var figures = new Figures();
        figures.Add("acknowledgedPerSecond", "acknowledged", reports / acknowledged.TotalSeconds, "reports/s");
        figures.Add("appliedPerSecond", "applied and visible", reports / applied.TotalSeconds, "reports/s");
        figures.Add("visibleP50Ms", "publish to visible, p50", probe.Visible.GetValueAtPercentile(50) / 1e3, "ms");
        figures.Add("visibleP99Ms", "publish to visible, p99", probe.Visible.GetValueAtPercentile(99) / 1e3, "ms");
        figures.Add("queryP50Ms", "HealthChecks by id, limit 10, p50", probe.Query.GetValueAtPercentile(50) / 1e3, "ms");
        figures.Add("queryP99Ms", "HealthChecks by id, limit 10, p99", probe.Query.GetValueAtPercentile(99) / 1e3, "ms");
        figures.Add("serverCpuSecondsPerMillion", "server CPU", (serverAfter?.Cpu - server?.Cpu)?.TotalSeconds / reports * 1e6, "s per million reports");
        figures.Add("databaseCpuSecondsPerMillion", "database CPU", (databaseAfter?.Cpu - database?.Cpu)?.TotalSeconds / reports * 1e6, "s per million reports");
        figures.Add("generatorCpuSecondsPerMillion", "generator and probe CPU", (ownAfter - own).TotalSeconds / reports * 1e6, "s per million reports");
        figures.Add("residentBytesPerInstance", "memory, resident growth since empty", (double?)(serverAfter?.ResidentBytes - empty?.ResidentBytes) / options.Instances, "bytes per instance");
        figures.Add("residentMb", "memory, resident", serverAfter?.ResidentBytes / 1e6, "MB");
        figures.Add("dataBytesPerReport", "data on disk", (double?)(target.DataBytes() - bytesBefore) / reports, "bytes per report");
        figures.Add("dataMb", "data on disk, in all", (target.DataBytes() - emptyBytes) / 1e6, "MB");
        figures.Add("reports", "measured", reports, "reports");
        figures.Add("probes", "probes", probe.Visible.TotalCount, "publishes");
        return figures;
    }
}
