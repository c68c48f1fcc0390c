using System.Text;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>go-micro's wires, on the built server: what was answered 200 outlives SIGKILL.</summary>
public sealed class GoMicroTests
{
    private const int Instances = 20;
    private const int KillAfter = 200;

    private readonly int broker = Ports.Free();
    private readonly int rpc = Ports.Free();

    [Fact]
    public async Task Messages_ThroughAKill_ThoseAnswered200AreInHistoryOnce()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var silo = await SiloProcess.StartAsync(Options(), cancellation);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };
        var first = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 3000;
        var taken = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var publishing = Enumerable.Range(0, Instances).Select(PublishUntilItDiesAsync).ToArray();
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        await silo.KillAsync();
        var acknowledged = await Task.WhenAll(publishing);
        await silo.RestartAsync(cancellation);

        for (var instance = 0; instance < Instances; instance++)
        {
            var history = await silo.Queries.HistoryAsync(new() { Service = "go-server", Id = $"node-{instance}", Limit = 10_000 }, cancellationToken: cancellation);
            var times = history.Entries.Select(entry => entry.Healthcheck.Timestamp).ToArray();
            Assert.Equal(times.Distinct().Count(), times.Length);
            // One that was on its way at the kill may be there too.
            Assert.Equal(Enumerable.Range(0, acknowledged[instance]).Select(i => first + i), times.Order().Take(acknowledged[instance]));
            Assert.InRange(times.Length, acknowledged[instance], acknowledged[instance] + 1);
        }
        // Sent again, as whoever got no answer may: told by its content.
        Assert.Equal(200, (int)(await PostAsync(Message(0, 0))).StatusCode);
        var again = await silo.Queries.HistoryAsync(new() { Service = "go-server", Id = "node-0", Limit = 10_000 }, cancellationToken: cancellation);
        Assert.Single(again.Entries, entry => entry.Healthcheck.Timestamp == first);

        using var content = new StringContent("""{"method":"Monitor.HealthChecks","params":[{"id":"go.micro.check","limit":100}],"id":"x"}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"http://127.0.0.1:{rpc}"), content, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        Assert.StartsWith("{\"id\":\"x\",\"result\":{\"healthchecks\":[{\"id\":\"go.micro.check\",", text, StringComparison.Ordinal);
        Assert.Equal(Instances, text.Split("\"nodes\":[{\"id\":\"node-").Length - 1);
        silo.ThrowOnErrors();

        async Task<int> PublishUntilItDiesAsync(int instance)
        {
            for (var i = 0; ; i++)
            {
                try
                {
                    using var response = await PostAsync(Message(instance, i));
                    if (!response.IsSuccessStatusCode) return i;
                }
                catch (HttpRequestException)
                {
                    return i;
                }
                if (Interlocked.Increment(ref taken) == KillAfter) enough.SetResult();
            }
        }

        async Task<HttpResponseMessage> PostAsync(HealthCheck check)
        {
            using var envelope = new StringContent(
                $$$"""{"Header":{":topic":"micro.monitor.healthcheck","Content-Type":"application/octet-stream"},"Body":"{{{Convert.ToBase64String(check.ToByteArray())}}}"}""",
                Encoding.UTF8,
                "application/json");
            return await http.PostAsync(new Uri($"http://127.0.0.1:{broker}/_sub"), envelope, cancellation);
        }

        HealthCheck Message(int instance, int i) => new()
        {
            Id = "go.micro.check",
            Timestamp = first + i,
            Interval = 3600,
            Ttl = 3600,
            Status = HealthCheck.Types.Status.Ok,
            Service = new() { Name = "go-server", Version = "1.0.0", Nodes = { new Node { Id = $"node-{instance}" } } },
        };
    }

    private SiloProcessOptions Options() => new()
    {
        Environment = new Dictionary<string, string>
        {
            ["Monitor__GoMicro__Enabled"] = "true",
            ["Monitor__GoMicro__Broker"] = $"http://127.0.0.1:{broker}",
            ["Monitor__GoMicro__Rpc"] = $"http://127.0.0.1:{rpc}",
        },
    };
}
