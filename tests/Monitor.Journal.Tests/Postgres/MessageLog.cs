using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Monitor.Journal.Postgres;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>What a journal logs.</summary>
internal sealed class MessageLog : ILogger<PostgresJournal>
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> messages = new();

    public IEnumerable<string> Messages => messages.Select(message => message.Text);

    public IEnumerable<string> Of(LogLevel level) => messages.Where(message => message.Level == level).Select(message => message.Text);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        messages.Enqueue((logLevel, formatter(state, exception)));
}
