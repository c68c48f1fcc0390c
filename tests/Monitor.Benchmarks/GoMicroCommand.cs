using System.CommandLine;
using System.Diagnostics;
using Monitor.Benchmarks.Load;
using Monitor.Testing.Processes;

namespace Monitor.Benchmarks;

/// <summary><c>gomicro</c>: how fast messages of go-micro's HTTP broker are taken, at what cost: to be put beside the figures of the original, which were measured in this way.</summary>
internal static class GoMicroCommand
{
    public static Command Create()
    {
        var instances = new Option<int>("--instances") { Description = "Service instances that report.", DefaultValueFactory = _ => 10_000 };
        var connections = new Option<int>("--connections") { Description = "HTTP connections that are kept alive, each with one message on its way.", DefaultValueFactory = _ => 16 };
        var ids = new Option<CheckIds>("--ids") { Description = "same: all instances report one healthcheck id; own: each its own.", DefaultValueFactory = _ => CheckIds.Own };
        var seconds = new Option<int>("--seconds") { Description = "How long is measured.", DefaultValueFactory = _ => 15 };
        var warmUp = new Option<int>("--warm-up") { Description = "Seconds of load before that, after every instance has reported once.", DefaultValueFactory = _ => 10 };
        var json = new Option<bool>("--json") { Description = "Prints JSON." };
        var command = new Command("gomicro", "Publishes as go-micro's HTTP broker does, a message with one healthcheck each, and prints what it took.") 
        {
            instances, connections, ids, seconds, warmUp, json,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            arguments.GetValue(instances),
            arguments.GetValue(connections),
            arguments.GetValue(ids),
            TimeSpan.FromSeconds(arguments.GetValue(warmUp)),
            TimeSpan.FromSeconds(arguments.GetValue(seconds)),
            arguments.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int instances, int connections, CheckIds ids, TimeSpan warmUp, TimeSpan duration, bool json, CancellationToken cancellationToken)
    {
        var broker = Ports.Free();
        await using var server = await SiloProcess.StartAsync(
            new()
            {
                Environment = new Dictionary<string, string>
                {
                    ["Monitor__GoMicro__Enabled"] = "true",
                    ["Monitor__GoMicro__Broker"] = $"http://127.0.0.1:{broker}",
                    ["Monitor__GoMicro__Rpc"] = $"http://127.0.0.1:{Ports.Free()}",
                },
            },
            cancellationToken);
        var empty = server.Usage();
        var publishers = new List<BrokerConnection>();
        try
        {
            for (var i = 0; i < connections; i++) publishers.Add(await BrokerConnection.OpenAsync(broker, ids, cancellationToken));

            // Each connection has instances of its own.
            Console.Error.WriteLine($"Warming up: {instances} instances, then {warmUp.TotalSeconds:0} s.");
            await Task.WhenAll(publishers.Select((publisher, first) => PublishAsync(publisher, first, onlyOnce: true, Timeout.InfiniteTimeSpan)));
            await Task.WhenAll(publishers.Select((publisher, first) => PublishAsync(publisher, first, onlyOnce: false, warmUp)));
            Console.Error.WriteLine($"Measuring {duration.TotalSeconds:0} s.");
            var (before, own, sent) = (server.Usage(), Environment.CpuUsage.TotalTime, publishers.Sum(publisher => publisher.Sent));
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(publishers.Select((publisher, first) => PublishAsync(publisher, first, onlyOnce: false, duration)));
            var (elapsed, after, ownAfter) = (Stopwatch.GetElapsedTime(started), server.Usage(), Environment.CpuUsage.TotalTime);

            double messages = publishers.Sum(publisher => publisher.Sent) - sent;
            var figures = new Figures();
            figures.Add("messagesPerSecond", "acknowledged, durable", messages / elapsed.TotalSeconds, "messages/s");
            figures.Add("serverCpuMicroseconds", "server CPU", (after.Cpu - before.Cpu).TotalMicroseconds / messages, "µs per message");
            figures.Add("serverCpuPercent", "server CPU, of one core", (after.Cpu - before.Cpu) / elapsed * 100, "%");
            figures.Add("generatorCpuMicroseconds", "generator CPU", (ownAfter - own).TotalMicroseconds / messages, "µs per message");
            figures.Add("residentMb", "memory, resident", after.ResidentBytes / 1e6, "MB");
            figures.Add("residentBytesPerInstance", "memory, resident growth since empty", (double)(after.ResidentBytes - empty.ResidentBytes) / instances, "bytes per instance");
            figures.Add("messages", "measured", messages, "messages");
            figures.Write($"{instances} instances, {ids} ids, {connections} connections", json);
            return 0;
        }
        finally
        {
            foreach (var publisher in publishers) publisher.Dispose();
        }

        async Task PublishAsync(BrokerConnection publisher, int first, bool onlyOnce, TimeSpan limit)
        {
            var started = Stopwatch.GetTimestamp();
            do
            {
                for (var instance = first; instance < instances && (onlyOnce || Stopwatch.GetElapsedTime(started) < limit); instance += connections)
                    await publisher.PublishAsync(instance, cancellationToken);
            }
            while (!onlyOnce && Stopwatch.GetElapsedTime(started) < limit);
        }
    }
}
