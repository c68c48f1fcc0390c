using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Gateway.GoMicro;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Protocol;
using Monitor.Testing;
using Monitor.Testing.Nats;

namespace Monitor.Gateway.Tests.GoMicro.Nats;

/// <summary>A gateway that takes messages from NATS, with go-micro's ports off, over a journal that the test holds.</summary>
internal sealed class NatsGateway : IAsyncDisposable
{
    private readonly LogLines log;

    private NatsGateway(GatewayFixture gateway, LogLines log) => (Gateway, this.log) = (gateway, log);

    public GatewayFixture Gateway { get; }

    public string? Fault => Gateway.Services.GetRequiredService<GoMicroNatsStatus>().Fault;

    /// <summary>What it logged: level, event and text.</summary>
    public IEnumerable<string> Log => log.Lines;

    /// <summary>Ids of the checks that are in the journal, in order.</summary>
    public IReadOnlyList<string> Taken => [.. Gateway.Log.Payloads.Select(payload => payload.Reports.Single().Healthcheck.Id)];

    public static async Task<NatsGateway> StartAsync(NatsServer server, Action<GoMicroNatsOptions>? configure = null, string queue = "the-queue", bool wait = true)
    {
        var log = new LogLines();
        var gateway = await GatewayFixture.StartAsync(
            services: services => services
                .Configure<GoMicroOptions>(options => options.Queue = queue)
                .Configure<GoMicroNatsOptions>(options =>
                {
                    options.Url = server.Url;
                    configure?.Invoke(options);
                }),
            logger: log,
            build: builder => builder.Logging.SetMinimumLevel(LogLevel.Debug));
        var started = new NatsGateway(gateway, log);
        if (wait) await started.TakingAsync();
        return started;
    }

    public Task TakingAsync() => Eventually.UntilAsync("messages are taken from NATS", () => Fault is null);

    public Task TakenAsync(params string[] ids) => Eventually.GetAsync(
        $"{string.Join(", ", ids)} are in the journal", _ => Task.FromResult(string.Join(", ", Taken.Order())), taken => taken == string.Join(", ", ids.Order()));

    public int Count(WireOutcome outcome) => (int)Gateway.Services.GetRequiredService<GoMicroMetrics>().Messages(outcome);

    public Task CountedAsync(int accepted = 0, int refused = 0, int failed = 0) => Eventually.GetAsync(
        "messages are counted",
        _ => Task.FromResult((Count(WireOutcome.Accepted), Count(WireOutcome.Refused), Count(WireOutcome.Failed))),
        counted => counted == (accepted, refused, failed));

    public Task LoggedAsync(params string[] texts) =>
        Eventually.UntilAsync($"it logs {string.Join(" … ", texts)}", () => Log.Any(line => texts.All(text => line.Contains(text, StringComparison.Ordinal))));

    public static HealthCheck Check(string id) => new()
    {
        Id = id,
        Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
        Interval = 60,
        Ttl = 3600,
        Status = HealthCheck.Types.Status.Ok,
        Service = new() { Name = "go-server", Version = "1.0.0", Nodes = { new Node { Id = "node-1" } } },
    };

    public static byte[] Envelope(string id) => NatsPublisher.Envelope(Check(id));

    public async ValueTask DisposeAsync()
    {
        await Gateway.StopAsync();
        await Gateway.DisposeAsync();
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{logLevel} {eventId.Id}: {formatter(state, exception)} {exception}"));

        public void Dispose()
        {
        }
    }
}
