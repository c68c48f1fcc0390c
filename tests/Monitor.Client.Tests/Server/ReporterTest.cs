using Microsoft.Extensions.Time.Testing;

namespace Monitor.Client.Tests.Server;

/// <summary>A server, and options of a reporter to it that ticks only when its clock is advanced or it is flushed.</summary>
public abstract class ReporterTest : IAsyncLifetime
{
    private TestServer? server;

    internal TestServer Server => server!;

    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await TestServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal MonitorReporterOptions Options() => new()
    {
        Server = Server.Address,
        Service = "orders",
        Version = "1.2.3",
        Instance = "orders-1",
        AnswerTimeout = TimeSpan.FromMinutes(10),
    };

    internal Task<MonitorReporter> StartAsync(MonitorReporterOptions? options = null, TimeProvider? time = null) =>
        MonitorReporter.StartAsync(options ?? Options(), timeProvider: time ?? Time, cancellationToken: Cancelled);

    internal static Task AcceptedAsync(IMonitorReporter reporter, int reports) =>
        Wait.UntilAsync(() => reporter.Counters.Accepted >= reports, $"{reports} reports to be accepted");
}
