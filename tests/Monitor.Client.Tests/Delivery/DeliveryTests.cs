using Grpc.Core;
using Monitor.Client.Tests.Server;
using Monitor.Protocol;
using RpcStatus = Grpc.Core.Status;
using StatusCode = Grpc.Core.StatusCode;

namespace Monitor.Client.Tests.Delivery;

public sealed class DeliveryTests : ReporterTest
{
    private static bool Ticks(Received batch) => batch.Request.Reports.Any(report => report.Status?.Status_ == Protocol.Status.Types.Status.Running);

    [Fact]
    public async Task Connection_LostBeforeTheAnswer_SendsTheSameAgainAskingForDuplicates()
    {
        Server.OnBatch = batch =>
        {
            if (batch.Connection == 1 && Ticks(batch)) batch.Abort();
            return Task.FromResult(batch.Connection == 1 ? null : new PublishResponse { Id = batch.Request.Id, Duplicate = (uint)batch.Request.Reports.Count });
        };
        await using var reporter = await StartAsync(time: TimeProvider.System);
        await AcceptedAsync(reporter, 1);

        await reporter.FlushAsync(Cancelled);

        var sendings = Server.Batches.Where(Ticks).Select(batch => batch.Request).ToList();
        Assert.Equal(2, sendings.Count);
        Assert.Equal([Acknowledge.Durable, Acknowledge.Applied], sendings.Select(request => request.Acknowledge));
        sendings[1].Acknowledge = Acknowledge.Durable;
        Assert.Equal(sendings[0], sendings[1]);
        Assert.Equal(2, Server.Connections);
        Assert.Equal((2, 2), (reporter.Counters.Resent, reporter.Counters.Duplicate));
    }

    [Fact]
    public async Task Connection_LostWithSeveralUnanswered_SendsAllAgainInOrder()
    {
        Server.OnBatch = batch =>
        {
            if (batch.Connection == 1 && Ticks(batch)) batch.Abort();
            return Task.FromResult(batch.Connection == 1 ? new PublishResponse { Id = 999 } : null);
        };
        await using var reporter = await StartAsync(time: TimeProvider.System);
        await reporter.FlushAsync(Cancelled);

        var again = Server.Batches.Where(batch => batch.Connection == 2).Select(batch => batch.Request.Id).ToList();
        Assert.Equal([1, 2], again.Take(2));
        Assert.Equal(0, reporter.Counters.Lost);
    }

    [Fact]
    public async Task Server_AwayAtFirst_GetsEverythingWhenItComes()
    {
        var port = new Uri(Server.Address).Port;
        await Server.DisposeAsync();
        var options = Options();
        options.ShutdownTimeout = TimeSpan.FromMilliseconds(200);
        await using var reporter = await StartAsync(options, TimeProvider.System);
        var flush = reporter.FlushAsync(Cancelled);

        await using var later = await TestServer.StartAsync(port);
        await flush;

        Assert.Equal([Protocol.Status.Types.Status.Started, Protocol.Status.Types.Status.Running], later.Statuses);
    }

    [Fact]
    public async Task Buffer_Full_DropsTheOldestAndTellsTheLoss()
    {
        var port = new Uri(Server.Address).Port;
        await Server.DisposeAsync();
        var options = Options();
        (options.BufferLimit, options.ShutdownTimeout) = (64 * 1024, TimeSpan.FromMilliseconds(200));
        await using var reporter = await StartAsync(options, TimeProvider.System);
        for (var i = 0; i < 10; i++)
            reporter.Publish([new Report { Healthcheck = new HealthCheck { Id = $"check-{i}", Error = new string('x', 12_000) } }]);
        Assert.Equal(6, reporter.Counters.Lost);

        await using var later = await TestServer.StartAsync(port);
        await Wait.UntilAsync(() => later.Checks("check-9").Count > 0, "the last report");

        Assert.Equal(["check-5", "check-6", "check-7", "check-8", "check-9"], later.Reports.Select(report => report.Healthcheck.Id));
        Assert.Equal([6, 0, 0, 0, 0], later.Batches.Select(batch => (int)batch.Request.Lost));
        Assert.Equal([7, 8, 9, 10, 11], later.Reports.Select(report => (int)report.Sequence));
    }

    [Fact]
    public async Task Servers_FirstAway_TakesTheNext()
    {
        var options = Options();
        options.Server = $"http://127.0.0.1:1, {Server.Address}";
        await using var reporter = await StartAsync(options, TimeProvider.System);
        await AcceptedAsync(reporter, 1);
    }

    [Fact]
    public async Task Answers_OutOfOrder_AreTakenByTheirId()
    {
        Server.ReverseOf = 2;
        await using var reporter = await StartAsync(time: TimeProvider.System);
        await reporter.FlushAsync(Cancelled);
        Assert.Equal((3, 0), (reporter.Counters.Accepted, reporter.Counters.Resent));
        Server.ReverseOf = 1;
    }

    [Fact]
    public async Task Server_Silent_IsLeftAndSentAgain()
    {
        var never = new TaskCompletionSource<PublishResponse?>();
        Server.OnBatch = batch => batch.Connection == 1 ? never.Task : Task.FromResult<PublishResponse?>(null);
        var options = Options();
        options.AnswerTimeout = TimeSpan.FromSeconds(30);
        await using var reporter = await StartAsync(options);
        await Wait.UntilAsync(() => Server.Batches.Count > 0, "the first batch");

        await Wait.UntilAsync(() => reporter.Counters.Accepted > 0, "the answer on another connection", () => Time.Advance(TimeSpan.FromSeconds(1)));

        Assert.True(reporter.Counters.Resent > 0);
        never.SetResult(null);
    }

    [Fact]
    public async Task Batch_Refused_IsFoundAndDroppedAlone()
    {
        Server.OnBatch = batch => batch.Request.Reports.Any(report => report.Healthcheck?.Id == "poison")
            ? throw new RpcException(new RpcStatus(StatusCode.InvalidArgument, "reports: cannot be taken"))
            : Task.FromResult<PublishResponse?>(null);
        await using var reporter = await StartAsync(time: TimeProvider.System);
        foreach (var id in new[] { "before", "poison", "after" }) reporter.Publish([new Report { Healthcheck = new HealthCheck { Id = id } }]);

        await reporter.FlushAsync(Cancelled);

        Assert.Equal((1, 5), (reporter.Counters.Rejected, reporter.Counters.Accepted));
        Assert.NotEmpty(Server.Checks("after"));
    }

    [Fact]
    public async Task Reports_Rejected_AreCountedAndNotSentAgain()
    {
        Server.OnBatch = batch => Task.FromResult<PublishResponse?>(new PublishResponse
        {
            Id = batch.Request.Id,
            Accepted = (uint)batch.Request.Reports.Count - 1,
            Rejected = 1,
            Outcomes = { new ReportOutcome { Outcome = Outcome.Rejected, Field = "reports[0].status", Message = "no" } },
        });
        using var log = new CollectedLog();
        await using var reporter = await MonitorReporter.StartAsync(Options(), log, cancellationToken: Cancelled);
        await reporter.FlushAsync(Cancelled);
        Assert.Equal((2, 1, 0), (reporter.Counters.Rejected, reporter.Counters.Accepted, reporter.Counters.Resent));
        Assert.Contains("reports[0].status: no", Assert.Single(log.Lines, line => line.Id == 3005).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_AskingForAPause_GetsIt()
    {
        var details = new Google.Rpc.Status
        {
            Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.RetryInfo { RetryDelay = new() { Seconds = 30 } }) },
        };
        var trailers = new Metadata { { "grpc-status-details-bin", Google.Protobuf.MessageExtensions.ToByteArray(details) } };
        Server.OnBatch = batch => batch.Connection == 1
            ? throw new RpcException(new RpcStatus(StatusCode.ResourceExhausted, "overloaded"), trailers)
            : Task.FromResult<PublishResponse?>(null);
        var start = Time.GetUtcNow();
        await using var reporter = await StartAsync();

        await Wait.UntilAsync(() => reporter.Counters.Accepted > 0, "the second connection", () => Time.Advance(TimeSpan.FromMilliseconds(500)));

        Assert.True(Time.GetUtcNow() - start >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Resolver_Failing_IsAskedAgainAfterABackoff()
    {
        var resolver = new FlakyResolver(new Uri(Server.Address), Time);
        var options = Options();
        options.AddressResolver = resolver;
        await using var reporter = await StartAsync(options);
        await Wait.UntilAsync(() => reporter.Counters.Accepted > 0, "a resolved address", () => Time.Advance(TimeSpan.FromMilliseconds(10)));

        var asked = resolver.Asked;
        Assert.Equal(4, asked.Count);
        Assert.True(asked[1] - asked[0] >= TimeSpan.FromMilliseconds(50));
        Assert.True(asked[3] - asked[2] >= TimeSpan.FromMilliseconds(200));
    }

    private sealed class FlakyResolver(Uri address, TimeProvider time) : AddressResolver
    {
        private readonly List<DateTimeOffset> asked = [];

        public override ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken)
        {
            lock (asked) asked.Add(time.GetUtcNow());
            return asked.Count switch
            {
                1 => throw new InvalidOperationException("No discovery today."),
                < 4 => ValueTask.FromResult<IReadOnlyList<Uri>>([]),
                _ => ValueTask.FromResult<IReadOnlyList<Uri>>([address]),
            };
        }

        public IReadOnlyList<DateTimeOffset> Asked
        {
            get
            {
                lock (asked) return [.. asked];
            }
        }
    }
}
