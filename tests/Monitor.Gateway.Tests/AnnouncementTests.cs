using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monitor.Gateway.Tests;

public sealed class AnnouncementTests
{
    [Fact]
    public async Task Start_FreePorts_SaysWhereItServes()
    {
        using var lines = new Lines();
        await using var gateway = await GatewayFixture.StartAsync(logger: lines);
        var addresses = gateway.Services.GetRequiredService<GatewayAddresses>();
        Assert.NotEqual(addresses.Http.Port, addresses.Grpc.Port);
        Assert.Contains($"Monitor is ready: HTTP http://127.0.0.1:{addresses.Http.Port}, gRPC http://127.0.0.1:{addresses.Grpc.Port}", lines.Written);
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
