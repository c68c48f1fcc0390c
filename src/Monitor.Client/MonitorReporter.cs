using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Monitor.Client.Addresses;
using Monitor.Client.Delivery;
using Monitor.Client.HealthChecks;
using Monitor.Client.Internal;
using Monitor.Client.Stats;
using Proto = Monitor.Protocol;
using StatusCode = Monitor.Protocol.Status.Types.Status;

namespace Monitor.Client;

/// <summary>
/// Reports this process to Monitor: STARTED and the first healthcheck results at once; stats, RUNNING and the healthchecks' results at each tick, in one
/// publish (what takes longer than a second follows as it ends); STOPPED, delivered within <see cref="MonitorReporterOptions.ShutdownTimeout"/>, when it is stopped.
/// In a host use <c>AddMonitorReporter</c>; elsewhere <see cref="StartAsync(MonitorReporterOptions, ILoggerFactory, TimeProvider, CancellationToken)"/>.
/// </summary>
/// <remarks>
/// Reports are kept in a bounded buffer until the server has answered that they are durable, and are sent again, in order, until then. Nothing is thrown
/// into the process it reports. It has no thread of its own.
/// </remarks>
public sealed class MonitorReporter : IMonitorReporter, IAsyncDisposable, IDisposable
{
    private readonly MonitorReporterOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly AddressResolver servers;
    private readonly Reports reports;
    private readonly Outbox outbox;
    private readonly Publisher publisher;
    private readonly CheckRunner checks;
    private readonly EndpointTimings timings = new();
    private readonly StatsSource stats;
    private readonly TimeSpan window;
    private readonly SemaphoreSlim ticking = new(1, 1);
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly Sparing losses;
    private long published;
    private TimeSpan untilNext;
    private Task? running;
    private Task? stopping;

    internal MonitorReporter(MonitorReporterOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (this.options, this.time, logger) = (options, time, loggers.CreateLogger<MonitorReporter>());
        servers = options.AddressResolver ?? new ServerValue(options.Server, options.AddressSchemes).Resolver(time, loggers);
        var timeout = options.CheckTimeout < options.Interval ? options.CheckTimeout : options.Interval;

        // How long a tick waits for its checks. It begins so much earlier, so that it does not publish late.
        window = TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond, Math.Min(timeout.Ticks, options.Interval.Ticks / 10)));
        reports = new Reports(time, options.Interval, options.Ttl);
        outbox = new Outbox(new Proto.Service { Name = options.Service, Version = options.Version, Id = options.Instance }, Epoch.Next(time), options.BufferLimit);
        publisher = new Publisher(outbox, options, servers, time, logger);
        checks = new CheckRunner(reports, time, timeout, Publish, stop.Token);
        stats = new StatsSource(timings, options.ProcessStats);
        losses = new Sparing(time, TimeSpan.FromMinutes(1));
    }

    /// <inheritdoc/>
    public IReadOnlyList<RegisteredHealthCheck> HealthChecks => checks.Registered;

    /// <inheritdoc/>
    public ReporterCounters Counters => outbox.Counters;

    internal MonitorReporterOptions Options => options;

    /// <summary>Starts a reporter without a host. Dispose of it to report STOPPED.</summary>
    /// <param name="options">Its settings. What is left empty gets its default.</param>
    /// <param name="loggerFactory">Takes the log; null for none.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Not used after the return.</param>
    /// <exception cref="OptionsValidationException">Settings are out of range: all of them are named.</exception>
    public static Task<MonitorReporter> StartAsync(
        MonitorReporterOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        new ReporterDefaults().PostConfigure(null, options);
        var validation = new MonitorReporterOptionsValidator().Validate(null, options);
        if (validation.Failed) throw new OptionsValidationException(MonitorReporterOptions.Section, typeof(MonitorReporterOptions), validation.Failures);
        var reporter = new MonitorReporter(options, timeProvider ?? TimeProvider.System, loggerFactory ?? NullLoggerFactory.Instance);
        reporter.Start();
        return Task.FromResult(reporter);
    }

    /// <inheritdoc/>
    public void Register(string id, string description, Func<CancellationToken, ValueTask<HealthCheckOutcome>> check) => checks.Register(id, description, check);

    /// <inheritdoc/>
    public bool Deregister(string id) => checks.Deregister(id);

    /// <inheritdoc/>
    public void RecordStat(string service, string method, TimeSpan duration, CallResult result) => timings.Record(service ?? "", method ?? "", duration, result);

    /// <inheritdoc/>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        if (running is not null && !stop.IsCancellationRequested) await TickAsync(first: false, cancellationToken);
        await outbox.WhenGoneAsync(cancellationToken);
    }

    /// <summary>
    /// Publishes the last stats and STOPPED, and delivers what is buffered, within <see cref="MonitorReporterOptions.ShutdownTimeout"/>. A second call
    /// awaits the first. Never throws.
    /// </summary>
    /// <param name="cancellationToken">Gives up delivering.</param>
    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        lock (gate) return stopping ??= Task.Run(() => StopOnceAsync(cancellationToken), CancellationToken.None);
    }

    /// <summary>Stops it, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await publisher.DisposeAsync();
        DisposeServers();
    }

    /// <summary>Ends it at once, without reporting STOPPED: for containers that can only dispose synchronously. Prefer <see cref="DisposeAsync"/>.</summary>
    public void Dispose()
    {
        stop.Cancel();
        publisher.Dispose();
        DisposeServers();
    }

    internal void Start()
    {
        lock (gate)
        {
            if (running is not null || stopping is not null) return;
            Log.Started(logger, servers, options.Instance, options.Service, options.Interval);
            Publish([reports.Status(StatusCode.Started)]);
            publisher.Start();
            running = Task.Run(RunAsync);
        }
    }

    /// <summary>Publishes reports; after STOPPED nothing more.</summary>
    internal void Publish(IReadOnlyList<Proto.Report> batch)
    {
        if (!stop.IsCancellationRequested) Add(batch);
    }

    private void Add(IReadOnlyList<Proto.Report> batch)
    {
        var dropped = outbox.Add(batch);
        if (dropped == 0) return;
        lock (losses)
        {
            if (losses.Allow(out var since)) Log.BufferFull(logger, dropped, since);
        }
    }

    // One that was given belongs to who gave it.
    private void DisposeServers()
    {
        if (servers != options.AddressResolver) (servers as IDisposable)?.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await TickAsync(first: true, stop.Token);
            while (true)
            {
                // A flush moves the next tick.
                while (Remaining() is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, time, stop.Token);
                await TickAsync(first: false, stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    // The first follows STARTED at once: it has nothing to tell but the healthchecks.
    private async Task TickAsync(bool first, CancellationToken cancellationToken)
    {
        await ticking.WaitAsync(cancellationToken);
        try
        {
            var results = await checks.GatherAsync(window);
            if (first) Publish(results);
            else if (!stop.IsCancellationRequested) Publish([.. TakeStats(), reports.Status(StatusCode.Running), .. results]);
        }
        catch (Exception exception)
        {
            Log.TickFailed(logger, exception);
        }
        finally
        {
            Schedule();
            ticking.Release();
        }
    }

    private void Schedule()
    {
        lock (gate)
        {
            published = time.GetTimestamp();
            untilNext = (options.Interval * (1 - (options.Jitter * Random.Shared.NextDouble()))) - window;
        }
    }

    private TimeSpan Remaining()
    {
        lock (gate)
        {
            var left = untilNext - time.GetElapsedTime(published);

            // A timer's resolution: it must not wake us a moment early, again and again.
            return left < TimeSpan.FromMilliseconds(1) ? TimeSpan.Zero : left;
        }
    }

    private IEnumerable<Proto.Report> TakeStats() => stats.Take() is { } taken ? [reports.Stats(taken)] : [];

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await stop.CancelAsync();
            if (running is null) return;
            await running;

            // A flush may be ticking.
            await ticking.WaitAsync(CancellationToken.None);
            Add([.. TakeStats(), reports.Status(StatusCode.Stopped)]);
            if (await publisher.DrainAsync(options.ShutdownTimeout, cancellationToken)) Log.Stopped(logger);
            else Log.StoppedUndelivered(logger, options.ShutdownTimeout);
        }
        catch (Exception exception)
        {
            Log.TickFailed(logger, exception);
        }
        finally
        {
            outbox.Close();
        }
    }
}
