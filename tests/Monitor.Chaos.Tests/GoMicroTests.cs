using System.Text;
using Monitor.LocalCluster;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.GoMicro;
using Monitor.Testing.Processes;

namespace Monitor.Chaos.Tests;

/// <summary>A hundred instances that report as go-os/monitor does, from the look-up in Consul to the publish, and the gateway that half of them report to is killed.</summary>
[Collection(nameof(LoopbackCluster))]
public sealed class GoMicroTests
{
    private const int Instances = 100;
    private const int Before = 12;
    private const int After = 8;

    [Fact]
    public async Task Messages_AGatewayIsKilled_ThoseAnswered200AreInHistoryOnceAndTheOtherGatewayIsFound()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var cluster = await LoopbackCluster.UpAsync(
            new()
            {
                Folder = Directory.CreateTempSubdirectory("monitor-gomicro-").FullName,
                Consuls = 1,
                Silos = 2,
                Gateways = 2,
                UsualPorts = false,
                ServerPath = BuiltAssembly.Silo,
                Settings = new Dictionary<string, string>
                {
                    ["Monitor:GoMicro:Enabled"] = "true",
                    ["Monitor:GoMicro:Broker"] = "http://127.0.0.1:0",
                    ["Monitor:GoMicro:Rpc"] = "http://127.0.0.1:0",
                },
            },
            cancellationToken: cancellation);
        try
        {
            using var registry = new GoMicroRegistry(cluster.Members.Single(member => member.Kind == MemberKind.Consul).Http!);
            await BrokersAsync(registry, 2, cancellation);
            using var publisher = new GoMicroPublisher(registry, TimeSpan.FromSeconds(10));
            var instances = Enumerable.Range(0, Instances).Select(number => new GoMicroInstance(publisher, $"node-{number:000}")).ToList();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var running = Task.WhenAll(instances.Select(instance => instance.RunAsync(stop.Token)));

            await AcknowledgedAsync(instances, _ => Before, cancellation);
            await cluster.KillAsync("gateway-1", cancellation);
            // By the time to live of its subscriptions' checks.
            await BrokersAsync(registry, 1, cancellation);
            var acknowledged = instances.ToDictionary(instance => instance, instance => instance.Acknowledged);
            await AcknowledgedAsync(instances, instance => acknowledged[instance] + After, cancellation);
            await stop.CancelAsync();
            await running;

            Assert.Contains(instances.SelectMany(instance => instance.Published), report => !report.Acknowledged);
            using var gateway = new Gateway(cluster["gateway-2"]);
            foreach (var instance in instances) await AssertHistoryAsync(gateway, instance, cancellation);
            Assert.Equal(Instances, await AskedAsync(registry, "go.micro.healthcheck.ping", cancellation));
        }
        finally
        {
            await cluster.DownAsync(delete: true, CancellationToken.None);
        }
    }

    private static Task BrokersAsync(GoMicroRegistry registry, int count, CancellationToken cancellationToken) => Eventually.UntilAsync(
        $"Consul lists {count} brokers that accept reports",
        async token => (await registry.GetServiceAsync("topic:micro.monitor.healthcheck", token)).Count == count, TimeSpan.FromMinutes(1), cancellationToken);

    private static Task AcknowledgedAsync(List<GoMicroInstance> instances, Func<GoMicroInstance, int> least, CancellationToken cancellationToken) => Eventually.UntilAsync(
        "every instance has had enough reports acknowledged",
        _ => Task.FromResult(instances.TrueForAll(instance => instance.Acknowledged >= least(instance))), TimeSpan.FromMinutes(3), cancellationToken);

    private static async Task AssertHistoryAsync(Gateway gateway, GoMicroInstance instance, CancellationToken cancellationToken)
    {
        var history = await gateway.Queries.HistoryAsync(new() { Service = GoMicroInstance.Service, Id = instance.Id, Limit = 10_000 }, cancellationToken: cancellationToken);
        var there = history.Entries.Select(entry => entry.ReportCase switch
        {
            HistoryEntry.ReportOneofCase.Healthcheck => GoMicroInstance.Name(entry.Healthcheck),
            HistoryEntry.ReportOneofCase.Status => GoMicroInstance.Name(entry.Status),
            _ => GoMicroInstance.Name(entry.Stats),
        }).ToList();
        Assert.Equal(there.Distinct(), there);
        Assert.Empty(instance.Published.Where(report => report.Acknowledged).Select(report => GoMicroInstance.Name(report.Message)).Except(there));
    }

    /// <summary>How many instances <c>micro query go.micro.srv.monitor Monitor.HealthChecks</c> is answered with.</summary>
    private static async Task<int> AskedAsync(GoMicroRegistry registry, string check, CancellationToken cancellationToken)
    {
        var node = (await registry.GetServiceAsync("go.micro.srv.monitor", cancellationToken)).Single();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var content = new StringContent($$"""{"method":"Monitor.HealthChecks","params":[{"id":"{{check}}","limit":1000}],"id":"x"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new UriBuilder(Uri.UriSchemeHttp, node.Address, node.Port).Uri, content, cancellationToken);
        return (await answer.Content.ReadAsStringAsync(cancellationToken)).Split("\"nodes\":[{\"id\":\"node-").Length - 1;
    }
}
