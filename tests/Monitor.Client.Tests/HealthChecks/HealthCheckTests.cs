using Monitor.Client.Tests.Server;
using CheckStatus = Monitor.Protocol.HealthCheck.Types.Status;
using StatusCode = Monitor.Protocol.Status.Types.Status;

namespace Monitor.Client.Tests.HealthChecks;

public sealed class HealthCheckTests : ReporterTest
{
    private static ValueTask<HealthCheckOutcome> Ok(CancellationToken cancellationToken) => ValueTask.FromResult(HealthCheckOutcome.Ok());

    // Past the second that a tick waits for its checks, far from their time-out.
    private void AdvanceToTwoSeconds()
    {
        if (Time.GetUtcNow() < Time.Start + TimeSpan.FromSeconds(2)) Time.Advance(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task Check_Hanging_IsReportedAsTimedOutWhileTheOthersAndTheTickGoOn()
    {
        var started = 0;
        var release = new TaskCompletionSource<HealthCheckOutcome>();
        await using var reporter = await StartAsync();
        reporter.Register("hang", "", async _ =>
        {
            Interlocked.Increment(ref started);
            return await release.Task;
        });
        reporter.Register("quick", "", Ok);
        await Wait.UntilAsync(() => Server.Checks("quick").Count > 0, "the quick check", AdvanceToTwoSeconds);
        Assert.Empty(Server.Checks("hang"));

        await Wait.UntilAsync(() => Server.Checks("hang").Count > 0, "the time-out", () => Time.Advance(TimeSpan.FromSeconds(1)));
        await Wait.UntilAsync(
            () => Server.Statuses.Count(status => status == StatusCode.Running) >= 2, "two ticks", () => Time.Advance(TimeSpan.FromSeconds(5)));
        await Wait.UntilAsync(() => Server.Checks("hang").Count >= 3, "the time-out in the ticks");

        Assert.Equal(1, Volatile.Read(ref started));
        Assert.All(Server.Checks("hang"), check => Assert.Equal((CheckStatus.Error, "timed out after 10s"), (check.Status, check.Error)));
        Assert.True(Server.Checks("quick").Count >= 3);

        release.SetResult(HealthCheckOutcome.Ok());
        await Wait.UntilAsync(() => Server.Checks("hang")[^1].Status == CheckStatus.Ok, "the check to pass once it has ended", () => Time.Advance(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Check_BlockingItsThread_DelaysNoOther()
    {
        using var block = new ManualResetEventSlim();
        await using var reporter = await StartAsync();
        reporter.Register("block", "", _ =>
        {
            block.Wait(CancellationToken.None);
            return ValueTask.FromResult(HealthCheckOutcome.Ok());
        });
        reporter.Register("quick", "", Ok);

        await Wait.UntilAsync(() => Server.Checks("quick").Count > 0, "the quick check", AdvanceToTwoSeconds);
        Assert.Empty(Server.Checks("block"));
        await Wait.UntilAsync(() => Server.Checks("block").Count > 0, "the time-out", () => Time.Advance(TimeSpan.FromSeconds(1)));
        block.Set();
        Assert.Equal(CheckStatus.Error, Server.Checks("block")[0].Status);
    }

    [Fact]
    public async Task Check_Throwing_IsAnErrorWithTheMessage()
    {
        await using var reporter = await StartAsync();
        reporter.Register("throws", "Fails", _ => throw new InvalidOperationException("Unknown exception"));
        await Wait.UntilAsync(() => Server.Checks("throws").Count > 0, "the error");
        Assert.Equal((CheckStatus.Error, "Unknown exception", "Fails"), (Server.Checks("throws")[0].Status, Server.Checks("throws")[0].Error, Server.Checks("throws")[0].Description));
    }

    [Fact]
    public async Task Outcome_ErrorWithResults_IsReportedWhole()
    {
        await using var reporter = await StartAsync();
        reporter.Register("pong", "", _ => ValueTask.FromResult(HealthCheckOutcome.Error("Unknown exception", new Dictionary<string, string> { ["stats"] = "NaN", ["label"] = "" })));
        reporter.Register("slow", "", _ => ValueTask.FromResult(HealthCheckOutcome.Degraded()));
        await Wait.UntilAsync(() => Server.Checks("pong").Count > 0 && Server.Checks("slow").Count > 0, "both results");
        Assert.Equal(new Dictionary<string, string> { ["stats"] = "NaN", ["label"] = "" }, Server.Checks("pong")[0].Results);
        Assert.Equal((CheckStatus.Ok, true), (Server.Checks("slow")[0].Status, Server.Checks("slow")[0].Degraded));
    }

    [Fact]
    public async Task Outcome_OverTheLimits_IsCut()
    {
        var results = Enumerable.Range(0, 300).ToDictionary(i => $"{i}", _ => new string('x', 20_000));
        await using var reporter = await StartAsync();
        reporter.Register("large", "", _ => ValueTask.FromResult(HealthCheckOutcome.Error(new string('é', 10_000), results)));
        await Wait.UntilAsync(() => Server.Checks("large").Count > 0, "the result");
        var check = Server.Checks("large")[0];
        Assert.Equal(8192, check.Error.Length);
        Assert.All(check.Results.Values, value => Assert.Equal(16384, value.Length));
        Assert.InRange(check.CalculateSize(), 1_000_000, 1_100_000);
    }

    [Fact]
    public async Task Register_SameIdTwice_AlreadyExists()
    {
        await using var reporter = await StartAsync();
        reporter.Register("a", "", Ok);
        Assert.Contains("'a' already exists", Assert.Throws<InvalidOperationException>(() => reporter.Register("a", "", Ok)).Message, StringComparison.Ordinal);
        Assert.Equal([new RegisteredHealthCheck("a", "")], reporter.HealthChecks);
        Assert.True(reporter.Deregister("a"));
        Assert.False(reporter.Deregister("a"));
        Assert.Empty(reporter.HealthChecks);
    }

    [Theory]
    [InlineData(0, 0, "id")]
    [InlineData(257, 0, "id")]
    [InlineData(1, 16385, "description")]
    public async Task Register_OverTheLimits_NamesTheArgument(int id, int description, string argument)
    {
        await using var reporter = await StartAsync();
        Assert.Equal(argument, Assert.Throws<ArgumentException>(() => reporter.Register(new string('i', id), new string('d', description), Ok)).ParamName);
        Assert.Equal("id", Assert.Throws<ArgumentException>(() => reporter.Register("\ud800", "", Ok)).ParamName);
    }
}
