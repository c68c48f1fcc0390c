using System.Globalization;
using Monitor.Client;
using Monitor.Client.Consul;
using Monitor.Consul.Http;

namespace Monitor.Chaos.Tests;

/// <summary>Services that report all the time, each with a reporter of the SDK that finds the gateways by Consul.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    public const string Service = "fleet";
    public const int Checks = 3;

    private readonly List<MonitorReporter> reporters = [];

    /// <summary>Ids of the instances.</summary>
    public IReadOnlyList<string> Instances { get; private init; } = [];

    public static async Task<Fleet> StartAsync(int size, TimeSpan interval, IReadOnlyList<Uri> consuls)
    {
        var fleet = new Fleet { Instances = [.. Enumerable.Range(1, size).Select(number => string.Create(CultureInfo.InvariantCulture, $"fleet-{number:000}"))] };
        foreach (var instance in fleet.Instances)
        {
            var consul = new ConsulOptions { RequestTimeout = TimeSpan.FromSeconds(2) };
            foreach (var address in consuls) consul.Addresses.Add(address);
            var reporter = await MonitorReporter.StartAsync(
                new()
                {
                    Server = "consul:///go.micro.srv.monitor",
                    AddressSchemes = { new ConsulAddressScheme(consul) },
                    Service = Service,
                    Version = "1.0.0",
                    Instance = instance,
                    Interval = interval,
                });
            for (var check = 1; check <= Checks; check++)
                reporter.Register(CheckOf(check), "A check of the fleet", static _ => ValueTask.FromResult(HealthCheckOutcome.Ok()));
            fleet.reporters.Add(reporter);
        }

        return fleet;
    }

    public static string CheckOf(int number) => string.Create(CultureInfo.InvariantCulture, $"fleet.check.{number}");

    /// <summary>Has every reporter report now, and waits until all that they ever reported is acknowledged.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => Task.WhenAll(reporters.Select(reporter => reporter.FlushAsync(cancellationToken)));

    /// <summary>What became of the reports of an instance.</summary>
    public ReporterCounters CountersOf(string instance) => reporters[Instances.ToList().IndexOf(instance)].Counters;

    public async ValueTask DisposeAsync() => await Task.WhenAll(reporters.Select(reporter => reporter.DisposeAsync().AsTask()));
}
