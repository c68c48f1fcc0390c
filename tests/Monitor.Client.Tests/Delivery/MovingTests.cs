using Grpc.Core;
using Monitor.Client.Tests.Server;
using Monitor.Protocol;
using StatusCode = Grpc.Core.StatusCode;

namespace Monitor.Client.Tests.Delivery;

/// <summary>Several servers with one journal. The clock stands still: whatever happens, happens without a wait.</summary>
public sealed class MovingTests : ReporterTest
{
    private readonly SharedJournal journal = new();
    private readonly TaskCompletionSource<PublishResponse?> never = new();

    [Fact]
    public async Task Server_Killed_MovesAtOnce()
    {
        await using var other = await TestServer.StartAsync();
        (Server.OnBatch, other.OnBatch) = (journal.TakeAsync, journal.TakeAsync);
        await using var reporter = await StartAsync(Of(new ListedServers(Server.Address, other.Address)));
        await AcceptedAsync(reporter, 1);

        await Server.DisposeAsync();
        reporter.Publish([Check("after")]);

        await AcceptedAsync(reporter, 2);
        Assert.NotEmpty(other.Checks("after"));
    }

    [Fact]
    public async Task Server_TakesAndDiesUnanswered_NothingIsLostOrCountedTwice()
    {
        await using var other = await TestServer.StartAsync();
        other.OnBatch = journal.TakeAsync;
        Server.OnBatch = batch =>
        {
            var answer = journal.Take(batch.Request);
            if (!batch.Request.Reports.Any(report => report.Healthcheck?.Id == "check-5")) return Task.FromResult<PublishResponse?>(answer);
            batch.Abort();
            return never.Task;
        };
        await using var reporter = await StartAsync(Of(new ListedServers(Server.Address, other.Address)));
        for (var i = 0; i < 10; i++) reporter.Publish([Check($"check-{i}")]);

        await Wait.UntilAsync(() => reporter.Counters is var now && now.Accepted + now.Duplicate >= 11, "all to be answered");

        Assert.Equal(Enumerable.Range(1, 11).Select(n => (ulong)n), journal.Sequences);
        Assert.Equal(11, reporter.Counters.Accepted + reporter.Counters.Duplicate);
        Assert.True(reporter.Counters.Duplicate >= 1);
        Assert.All(other.Batches.Where(batch => batch.Request.Reports.Any(report => report.Healthcheck?.Id == "check-5")), batch => Assert.Equal(Acknowledge.Applied, batch.Request.Acknowledge));
        never.SetResult(null);
    }

    [Fact]
    public async Task Server_Draining_IsLeftForAnother()
    {
        await using var other = await TestServer.StartAsync();
        Server.OnBatch = _ => throw new RpcException(new(StatusCode.Unavailable, "The server is stopping."));
        await using var reporter = await StartAsync(Of(new ListedServers(Server.Address, other.Address)));

        await AcceptedAsync(reporter, 1);

        Assert.Equal(1, Server.Connections);
    }

    [Fact]
    public async Task Server_Hangs_IsLeftByItsPings()
    {
        await using var proxy = new FreezingProxy(Server.Address);
        await using var other = await TestServer.StartAsync();
        (Server.OnBatch, other.OnBatch) = (journal.TakeAsync, journal.TakeAsync);
        var options = Of(new ListedServers(proxy.Address, other.Address));
        options.Interval = TimeSpan.FromSeconds(1);
        await using var reporter = await StartAsync(options);
        await AcceptedAsync(reporter, 1);

        proxy.Freeze();
        reporter.Publish([Check("after")]);

        await AcceptedAsync(reporter, 2);
        Assert.NotEmpty(other.Checks("after"));
        Assert.Equal([1, 2], journal.Sequences);
    }

    [Fact]
    public async Task Server_DroppedFromTheList_IsLeftThoughItIsConnected()
    {
        await using var other = await TestServer.StartAsync();
        Server.OnBatch = batch => batch.Request.Reports.Any(report => report.Healthcheck is not null) ? never.Task : Task.FromResult<PublishResponse?>(null);
        var servers = new ListedServers(Server.Address, other.Address);
        using var log = new CollectedLog();
        await using var reporter = await MonitorReporter.StartAsync(Of(servers), log, Time, Cancelled);
        await AcceptedAsync(reporter, 1);
        reporter.Publish([Check("after")]);
        await Wait.UntilAsync(() => Server.Checks("after").Count > 0, "the batch that is never answered");

        servers.Become(other.Address);

        await AcceptedAsync(reporter, 2);
        Assert.NotEmpty(other.Checks("after"));
        Assert.Contains(log.Lines, line => line.Id == 3011);
        Assert.Contains("Reports to the list as", Assert.Single(log.Lines, line => line.Id == 3000).Text, StringComparison.Ordinal);
        never.SetResult(null);
    }

    [Fact]
    public async Task List_EmptyOrLonger_KeepsTheConnection()
    {
        await using var other = await TestServer.StartAsync();
        var servers = new ListedServers(Server.Address);
        await using var reporter = await StartAsync(Of(servers));
        await AcceptedAsync(reporter, 1);

        servers.Become();
        await Wait.UntilAsync(() => servers.Asked == 2, "the empty list to be read");
        servers.Become(other.Address, Server.Address);
        await Wait.UntilAsync(() => servers.Asked == 3, "the longer list to be read");
        reporter.Publish([Check("after")]);

        await AcceptedAsync(reporter, 2);
        Assert.Equal((1, 0), (Server.Connections, other.Connections));
    }

    [Fact]
    public async Task Server_Returns_IsTakenWhenTheOtherFails()
    {
        await using var other = await TestServer.StartAsync();
        await using var reporter = await StartAsync(Of(new ListedServers(Server.Address, other.Address)));
        await AcceptedAsync(reporter, 1);
        var port = new Uri(Server.Address).Port;
        await Server.DisposeAsync();
        reporter.Publish([Check("one")]);
        await AcceptedAsync(reporter, 2);

        await using var returned = await TestServer.StartAsync(port);
        await other.DisposeAsync();
        reporter.Publish([Check("two")]);

        await AcceptedAsync(reporter, 3);
        Assert.NotEmpty(returned.Checks("two"));
        await reporter.StopAsync(Cancelled);
    }

    private static Report Check(string id) => new() { Healthcheck = new HealthCheck { Id = id } };

    private MonitorReporterOptions Of(AddressResolver servers)
    {
        var options = Options();
        options.AddressResolver = servers;
        return options;
    }

    private sealed class ListedServers(params string[] addresses) : AddressResolver
    {
        private readonly Lock gate = new();
        private IReadOnlyList<Uri> list = [.. addresses.Select(address => new Uri(address))];
        private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int asked;

        public int Asked => Volatile.Read(ref asked);

        public void Become(params string[] addresses)
        {
            lock (gate)
            {
                list = [.. addresses.Select(address => new Uri(address))];
                changed.SetResult();
                changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public override ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken)
        {
            lock (gate)
            {
                Interlocked.Increment(ref asked);
                return ValueTask.FromResult(list);
            }
        }

        public override Task WhenChangedAsync(IReadOnlyList<Uri> known, CancellationToken cancellationToken)
        {
            lock (gate) return ReferenceEquals(known, list) ? changed.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
        }

        public override string ToString() => "the list";
    }
}
