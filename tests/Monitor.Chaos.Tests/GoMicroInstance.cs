using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Monitor.Protocol;
using Monitor.Testing.GoMicro;

namespace Monitor.Chaos.Tests;

/// <summary>
/// An instance that ticks without a pause. Its clock goes on by a second with each tick, so that no two reports of one kind are the same: they carry no sequence, and
/// time and content tell them apart.
/// </summary>
internal sealed class GoMicroInstance
{
    public const string Service = "go-server";

    private readonly ConcurrentQueue<PublishedReport> published = [];
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(30));
    private readonly GoMicroReporter reporter;
    private int acknowledged;

    public GoMicroInstance(GoMicroPublisher publisher, string id)
    {
        Id = id;
        reporter = new GoMicroReporter(publisher, Service, id, TimeSpan.FromHours(1), clock: clock).RegisterExample();
    }

    public string Id { get; }

    /// <summary>All that it sent, whatever became of it.</summary>
    public IReadOnlyCollection<PublishedReport> Published => published;

    /// <summary>How many of its reports were answered with 200.</summary>
    public int Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>What tells a report from every other of its instance.</summary>
    public static string Name(IMessage report) => report switch
    {
        HealthCheck check => string.Create(CultureInfo.InvariantCulture, $"{check.Id} {check.Timestamp}"),
        Status status => string.Create(CultureInfo.InvariantCulture, $"{status.Status_} {status.Timestamp}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"stats {((Stats)report).Timestamp}"),
    };

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            Note(await reporter.StartAsync(cancellationToken));
            while (true)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                foreach (var report in await reporter.TickAsync(cancellationToken)) Note(report);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is enough. What was on its way may be there or not.
        }
    }

    private void Note(PublishedReport report)
    {
        published.Enqueue(report);
        if (report.Acknowledged) Interlocked.Increment(ref acknowledged);
    }
}
