using System.CommandLine;
using System.Diagnostics;
using Monitor.Benchmarks.Load;

namespace Monitor.Benchmarks;

/// <summary><c>restart</c>: how long after SIGKILL the server is ready, and its answers right, before anything new is reported.</summary>
internal static class RestartCommand
{
    public static Command Create()
    {
        var load = new LoadArguments();
        var seconds = new Option<int>("--seconds") { Description = "Load before the kill.", DefaultValueFactory = _ => 5 };
        var json = new Option<bool>("--json") { Description = "Prints JSON." };
        var command = new Command("restart", "Kills the server under load with SIGKILL, starts it again, and prints how long until it is ready and right.") { seconds, json };
        foreach (var option in load.All.Where(option => option.Name != "--server")) command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) =>
            RunAsync(load.Read(arguments), TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(LoadOptions options, TimeSpan duration, bool json, CancellationToken cancellationToken)
    {
        await using var target = await EmbeddedTarget.StartAsync(cancellationToken);
        var process = target.Process;
        using var load = new Publishers(options, target);
        Console.Error.WriteLine($"{options.Instances} instances report for {duration.TotalSeconds:0} s.");
        await load.PublishOnceAsync();
        await load.PublishForAsync(duration, cancellationToken);

        await process.KillAsync();
        var started = Stopwatch.GetTimestamp();
        await process.RestartAsync(cancellationToken);
        var ready = Stopwatch.GetElapsedTime(started);
        await new Visibility(options, load.Fleet, target.Queries).UntilLatestAsync();
        var right = Stopwatch.GetElapsedTime(started);

        var figures = new Figures();
        figures.Add("reports", "in the journal", load.Acknowledged, "reports");
        figures.Add("dataMb", "data on disk", process.DataBytes() / 1e6, "MB");
        figures.Add("readySeconds", "SIGKILL to ready", ready.TotalSeconds, "s");
        figures.Add("rightSeconds", "SIGKILL to right", right.TotalSeconds, "s");
        figures.Add("residentMb", "memory, resident", process.Usage().ResidentBytes / 1e6, "MB");
        figures.Write($"{options.Instances} instances, {options.Checks} checks each", json);
        return 0;
    }
}
