using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>
/// Hears on a connection of its own what other processes append. Once a second it also looks, as a notification may be lost with its sender or its connection.
/// </summary>
internal sealed partial class HeadListener(Server server, PostgresSchema schema, Heads heads, Continuity continuity, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;

    public void Start() => running = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !stop.IsCancellationRequested;)
        {
            try
            {
                await using var connection = await server.Writers.OpenConnectionAsync(stop.Token);
                connection.Notification += (_, notified) => heads.Hear(notified.Payload);
                await using (var listen = new NpgsqlCommand($"LISTEN {schema.QuotedChannel}", connection)) await listen.ExecuteNonQueryAsync(stop.Token);
                if (failures > 0) LogListening(logger, server.Name);
                failures = 0;
                while (true) await ListenAsync(connection);
            }
            catch (Exception) when (stop.IsCancellationRequested || continuity.IsLost)
            {
                return;
            }
            catch (Exception e)
            {
                if (failures++ == 0) LogLost(logger, server.Name, ServerErrors.Why(e));
                await Task.Delay(Server.Pause(failures), time, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection)
    {
        var before = heads.Found();
        var looked = time.GetTimestamp();
        await using (var look = new NpgsqlCommand($"SELECT topic, partition, head FROM {schema.Quoted}.heads", connection))
        await using (var rows = await look.ExecuteReaderAsync(stop.Token))
        {
            while (await rows.ReadAsync(stop.Token)) Find((Topic)rows.GetInt16(0), rows.GetInt32(1), rows.GetInt64(2), before);
        }
        continuity.ThrowIfLost();
        // At least a millisecond: none at all would be for ever.
        while (LookEvery - time.GetElapsedTime(looked) is var rest && rest > TimeSpan.Zero)
            await connection.WaitAsync(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), stop.Token);
    }

    private void Find(Topic topic, int partition, long head, long[][] before)
    {
        continuity.CheckHead(topic, partition, before[(int)topic - 1][partition], head);
        heads[topic, partition].Find(head);
    }

    [LoggerMessage(1035, LogLevel.Warning, "The journal on {Server} no longer tells of appends: {Reason}. It is tried again")]
    private static partial void LogLost(ILogger logger, string server, string reason);

    [LoggerMessage(1036, LogLevel.Information, "The journal on {Server} tells of appends again")]
    private static partial void LogListening(ILogger logger, string server);
}
