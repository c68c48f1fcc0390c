using System.Text.Json;
using Google.Protobuf;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Monitor.Testing.Nats;

/// <summary>Publishes as go-micro's broker for NATS does: the envelope in JSON, on a subject that is the topic, which the envelope leaves out.</summary>
public sealed class NatsPublisher(NatsServer server) : IAsyncDisposable
{
    public const string HealthCheck = "micro.monitor.healthcheck";
    public const string Status = "micro.monitor.status";
    public const string Stats = "micro.monitor.stats";

    private readonly NatsConnection connection = server.Connect();

    public INatsConnection Connection => connection;

    public static byte[] Envelope(IMessage message) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        Header = new Dictionary<string, string> { ["Content-Type"] = "application/octet-stream" },
        Body = message.ToByteArray(),
    });

    /// <summary>Sends a message; nobody says whether it came to anybody.</summary>
    public ValueTask PublishAsync(string topic, byte[] data, NatsHeaders? headers = null) => connection.PublishAsync(topic, data, headers);

    /// <summary>Sends a message, and completes when JetStream has it in its files.</summary>
    public async Task StoreAsync(string topic, byte[] data, CancellationToken cancellationToken = default) =>
        (await new NatsJSContext(connection).PublishAsync(topic, data, cancellationToken: cancellationToken)).EnsureSuccess();

    /// <summary>Sends a message that asks for an answer.</summary>
    public async Task<string> RequestAsync(string topic, byte[] data, CancellationToken cancellationToken = default) =>
        System.Text.Encoding.UTF8.GetString((await connection.RequestAsync<byte[], byte[]>(topic, data, cancellationToken: cancellationToken)).Data ?? []);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
